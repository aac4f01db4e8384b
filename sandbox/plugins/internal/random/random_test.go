package random

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"golang.org/x/crypto/bcrypt"

	"ai-platform/sandbox/plugins/internal/props"
)

const urnStart = "urn:pulumi:local::test::random:index/"

func create(t *testing.T, kind string, inputs map[string]any, preview bool) (string, resource.PropertyMap) {
	t.Helper()
	bag, err := props.Write(resource.NewPropertyMapFromMap(inputs))
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&provider{}).Create(t.Context(), &pulumirpc.CreateRequest{Urn: urnStart + kind + "::x", Properties: bag, Preview: preview})
	if err != nil {
		t.Fatal(err)
	}
	outputs, err := props.Read(response.Properties)
	if err != nil {
		t.Fatal(err)
	}
	return response.Id, outputs
}

func count(text, alphabet string) int {
	return len(text) - len(strings.Map(func(r rune) rune {
		if strings.ContainsRune(alphabet, r) {
			return -1
		}
		return r
	}, text))
}

func TestPassword(t *testing.T) {
	for range 3 { // few: bcrypt is slow on purpose
		_, outputs := create(t, "randomPassword:RandomPassword", map[string]any{"length": 12.0, "minSpecial": 3.0, "minUpper": 2.0, "overrideSpecial": "_-", "numeric": false}, false)
		if !outputs["result"].IsSecret() || !outputs["bcryptHash"].IsSecret() {
			t.Fatal("a password is not secret")
		}
		password := props.String(outputs, "result")
		if len(password) != 12 || count(password, "_-") < 3 || count(password, classes[1].chars) < 2 || count(password, classes[2].chars) > 0 {
			t.Fatalf("password is %q", password)
		}
		if bcrypt.CompareHashAndPassword([]byte(props.String(outputs, "bcryptHash")), []byte(password)) != nil {
			t.Fatal("the hash is not the password's")
		}
	}
	_, first := create(t, "randomPassword:RandomPassword", map[string]any{"length": 16.0}, false)
	_, second := create(t, "randomPassword:RandomPassword", map[string]any{"length": 16.0}, false)
	if props.String(first, "result") == props.String(second, "result") {
		t.Error("two passwords are the same")
	}
}

func TestTextHasTheWantedMinimums(t *testing.T) {
	inputs := resource.NewPropertyMapFromMap(map[string]any{"length": 10.0, "minLower": 4.0, "minNumeric": 4.0, "special": false})
	for range 200 {
		text, err := makeText(inputs)
		if err != nil || len(text) != 10 || count(text, classes[0].chars) < 4 || count(text, classes[2].chars) < 4 || count(text, classes[3].chars) > 0 {
			t.Fatalf("%q %v", text, err)
		}
	}
}

func TestAPreviewMakesNothing(t *testing.T) {
	for token := range kinds {
		id, outputs := create(t, strings.TrimPrefix(token, "random:index/"), map[string]any{"length": 8.0, "byteLength": 4.0, "min": 1.0, "max": 2.0}, true)
		if _, made := outputs["result"]; id != "" || made {
			t.Errorf("%s: a preview made %v", token, outputs)
		}
	}
}

func TestOthers(t *testing.T) {
	id, outputs := create(t, "randomId:RandomId", map[string]any{"byteLength": 4.0, "prefix": "p-"}, false)
	if !strings.HasPrefix(props.String(outputs, "hex"), "p-") || len(props.String(outputs, "hex")) != 10 || strings.HasPrefix(id, "p-") {
		t.Errorf("id %q, %v", id, outputs)
	}
	if id, outputs = create(t, "randomString:RandomString", map[string]any{"length": 5.0, "special": false}, false); props.String(outputs, "result") != id || len(id) != 5 {
		t.Errorf("string %q, %v", id, outputs)
	}
	if id, _ = create(t, "randomPet:RandomPet", map[string]any{"prefix": "the", "separator": "_"}, false); strings.Count(id, "_") != 2 {
		t.Errorf("pet %q", id)
	}
	for range 20 {
		if _, outputs = create(t, "randomInteger:RandomInteger", map[string]any{"min": 3.0, "max": 4.0}, false); outputs["result"].NumberValue() < 3 || outputs["result"].NumberValue() > 4 {
			t.Fatalf("integer %v", outputs)
		}
	}
	_, one := create(t, "randomInteger:RandomInteger", map[string]any{"min": 1.0, "max": 1e9, "seed": "s"}, false)
	_, two := create(t, "randomInteger:RandomInteger", map[string]any{"min": 1.0, "max": 1e9, "seed": "s"}, false)
	if one["result"].NumberValue() != two["result"].NumberValue() {
		t.Error("the same seed gives different results")
	}
	_, outputs = create(t, "randomShuffle:RandomShuffle", map[string]any{"inputs": []any{"a", "b", "c"}, "resultCount": 5.0}, false)
	if len(outputs["results"].ArrayValue()) != 5 {
		t.Errorf("shuffle %v", outputs)
	}
}

func TestCheck(t *testing.T) {
	for name, test := range map[string]struct {
		inputs   map[string]any
		failures int
	}{
		"good":                 {map[string]any{"length": 8.0}, 0},
		"no length":            {map[string]any{}, 1},
		"length 0":             {map[string]any{"length": 0.0}, 1},
		"minimums over length": {map[string]any{"length": 3.0, "minLower": 2.0, "minUpper": 2.0}, 1},
		"no characters":        {map[string]any{"length": 3.0, "lower": false, "upper": false, "numeric": false, "special": false}, 1},
	} {
		bag, _ := props.Write(resource.NewPropertyMapFromMap(test.inputs))
		response, err := (&provider{}).Check(t.Context(), &pulumirpc.CheckRequest{Urn: urnStart + "randomPassword:RandomPassword::x", News: bag})
		if err != nil || len(response.Failures) != test.failures {
			t.Errorf("%s: %v %v", name, response, err)
		}
	}
}

func TestAnyChangeReplaces(t *testing.T) {
	olds, _ := props.Write(resource.NewPropertyMapFromMap(map[string]any{"length": 8.0, "keepers": map[string]any{"v": "1"}}))
	news, _ := props.Write(resource.NewPropertyMapFromMap(map[string]any{"length": 8.0, "keepers": map[string]any{"v": "2"}}))
	response, err := (&provider{}).Diff(t.Context(), &pulumirpc.DiffRequest{OldInputs: olds, News: news})
	if err != nil || len(response.Replaces) != 1 || response.Replaces[0] != "keepers" {
		t.Errorf("%v %v", response, err)
	}
	response, err = (&provider{}).Diff(t.Context(), &pulumirpc.DiffRequest{OldInputs: olds, News: olds})
	if err != nil || response.Changes != pulumirpc.DiffResponse_DIFF_NONE {
		t.Errorf("%v %v", response, err)
	}
}

func TestImport(t *testing.T) {
	response, err := (&provider{}).Read(t.Context(), &pulumirpc.ReadRequest{Urn: urnStart + "randomPassword:RandomPassword::x", Id: "hunter2"})
	if err != nil {
		t.Fatal(err)
	}
	outputs, _ := props.Read(response.Properties)
	if props.String(outputs, "result") != "hunter2" || !outputs["result"].IsSecret() || response.Inputs.Fields["length"].GetNumberValue() != 7 {
		t.Errorf("%v", response)
	}
	if _, err := (&provider{}).Read(t.Context(), &pulumirpc.ReadRequest{Urn: urnStart + "randomShuffle:RandomShuffle::x", Id: "x"}); err == nil {
		t.Error("a shuffle was imported")
	}
}
