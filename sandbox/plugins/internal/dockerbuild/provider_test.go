package dockerbuild

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"

	"ai-platform/sandbox/plugins/internal/props"
)

const imageURN = "urn:pulumi:dev::test::docker-build:index:Image::app"

// project is a folder with a Dockerfile and what goes into the image, which is the current folder of the test.
func project(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	write(t, map[string]string{
		"app/Dockerfile":    "FROM python:3.11 AS base\nRUN pip install x\nFROM base\nCOPY main.py .\nCMD [\"python\"]\n",
		"app/main.py":       "print(1)\n",
		"app/.dockerignore": "*.md\n",
		"app/README.md":     "a\n",
	})
}

func write(t *testing.T, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func inputs(changes map[string]any) map[string]any {
	all := map[string]any{
		"push": true, "context": map[string]any{"location": "app"}, "platforms": []any{"linux/amd64"},
		"tags":       []any{registryHost + "/app:1"},
		"registries": []any{map[string]any{"address": registryHost + "/app", "username": "AWS", "password": token}},
	}
	for key, value := range changes {
		if all[key] = value; value == nil {
			delete(all, key)
		}
	}
	return all
}

func bag(t *testing.T, values map[string]any) *structpb.Struct {
	t.Helper()
	written, err := props.Write(resource.NewPropertyMapFromMap(values))
	if err != nil {
		t.Fatal(err)
	}
	return written
}

func check(t *testing.T, values map[string]any) (resource.PropertyMap, string) {
	t.Helper()
	response, err := (&provider{}).Check(t.Context(), &pulumirpc.CheckRequest{Urn: imageURN, News: bag(t, values)})
	if err != nil {
		t.Fatal(err)
	}
	checked, err := props.Read(response.GetInputs())
	if err != nil {
		t.Fatal(err)
	}
	var failures []string
	for _, failure := range response.GetFailures() {
		failures = append(failures, failure.GetProperty()+": "+failure.GetReason())
	}
	return checked, strings.Join(failures, "\n")
}

func unknown() any { return resource.MakeComputed(resource.NewStringProperty("")) }

func TestCheckAddsTheDockerfileOfTheContext(t *testing.T) {
	project(t)
	checked, failures := check(t, inputs(nil))
	if location := props.String(checked["dockerfile"].ObjectValue(), "location"); location != "app/Dockerfile" || failures != "" {
		t.Errorf("got %q, %s", location, failures)
	}
	if _, failures := check(t, inputs(map[string]any{"tags": []any{unknown()}, "platforms": []any{unknown()}})); failures != "" {
		t.Errorf("what isn't known yet is judged: %s", failures)
	}
}

func TestCheckFindsEveryFault(t *testing.T) {
	project(t)
	write(t, map[string]string{"app/Wrong": "FROM\n", "app/Unknown": "FROM a\nCPY a b\n"})
	for want, change := range map[string]map[string]any{
		`context.location: "nowhere": not a valid directory or URL`:                        {"context": map[string]any{"location": "nowhere"}},
		"dockerfile.location: open app/None: no such file or directory":                    {"dockerfile": map[string]any{"location": "app/None"}},
		"dockerfile.location: dockerfile parse error on line 1: FROM requires either one":  {"dockerfile": map[string]any{"location": "app/Wrong"}},
		"dockerfile.location: dockerfile parse error on line 2: unknown instruction: CPY":  {"dockerfile": map[string]any{"location": "app/Unknown"}},
		"dockerfile.inline: file with no instructions":                                     {"dockerfile": map[string]any{"inline": "# nothing"}},
		`dockerfile: only specify "location" or "inline"`:                                  {"dockerfile": map[string]any{"inline": "FROM a", "location": "app/Dockerfile"}},
		"exports[0]: at least one tag or export name is needed when pushing to a registry": {"tags": nil},
		`platforms[0]: "linux/x86": unknown operating system or architecture`:              {"platforms": []any{"linux/x86"}},
		"tags[0]: invalid reference format":                                                {"tags": []any{"Not A Tag"}},
		"cacheTo[0]: cacheTo should only specify one type, not inline and registry":        {"cacheTo": []any{map[string]any{"inline": map[string]any{}, "registry": map[string]any{"ref": "a/b"}}}},
		"push: is required":                            {"push": nil},
		"labels: is a string, not a map[string]string": {"labels": "a"},
		"contexts: is no property of an image":         {"contexts": map[string]any{}},
	} {
		if _, failures := check(t, inputs(change)); !strings.Contains(failures, want) {
			t.Errorf("%v gives %q, not %q", change, failures, want)
		}
	}
}

func TestCheckRefusesOthers(t *testing.T) {
	_, err := (&provider{}).Check(t.Context(), &pulumirpc.CheckRequest{Urn: "urn:pulumi:dev::test::docker-build:index:Other::app"})
	if err == nil || !strings.Contains(err.Error(), "docker-build:index:Other") {
		t.Errorf("got %v", err)
	}
}

func created(t *testing.T, values map[string]any, preview bool) (string, resource.PropertyMap, error) {
	t.Helper()
	checked, failures := check(t, values)
	if failures != "" {
		t.Fatal(failures)
	}
	written, err := props.Write(checked)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&provider{}).Create(t.Context(), &pulumirpc.CreateRequest{Urn: imageURN, Properties: written, Preview: preview})
	if err != nil {
		return "", nil, err
	}
	outputs, err := props.Read(response.GetProperties())
	if err != nil {
		t.Fatal(err)
	}
	return response.GetId(), outputs, nil
}

func changes(t *testing.T, state resource.PropertyMap, values map[string]any) string {
	t.Helper()
	checked, failures := check(t, values)
	if failures != "" {
		t.Fatal(failures)
	}
	news, err := props.Write(checked)
	if err != nil {
		t.Fatal(err)
	}
	olds, err := props.Write(state)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&provider{}).Diff(t.Context(), &pulumirpc.DiffRequest{Urn: imageURN, Olds: olds, News: news})
	if err != nil {
		t.Fatal(err)
	}
	if len(response.GetReplaces()) > 0 {
		t.Errorf("an image is replaced for %v", response.GetReplaces())
	}
	return strings.Join(response.GetDiffs(), " ")
}

func TestDiff(t *testing.T) {
	project(t)
	serveRegistry(t)
	_, state, err := created(t, inputs(nil), false)
	if err != nil {
		t.Fatal(err)
	}
	if diff := changes(t, state, inputs(nil)); diff != "" {
		t.Errorf("without a change: %s", diff)
	}
	login := func(username, password string) map[string]any {
		return map[string]any{"registries": []any{map[string]any{"address": registryHost + "/app", "username": username, "password": password}}}
	}
	for want, change := range map[string]map[string]any{
		"":                       login("AWS", "another"),
		"registries":             login("other", token),
		"tags":                   {"tags": []any{registryHost + "/app:2"}},
		"labels":                 {"labels": map[string]any{"a": "b"}},
		"platforms":              {"platforms": []any{"linux/arm64"}},
		"dockerfile contextHash": {"dockerfile": map[string]any{"inline": "FROM b"}},
		"buildArgs":              {"buildArgs": map[string]any{"A": "1"}},
		"cacheTo":                {"cacheTo": []any{map[string]any{"inline": map[string]any{}}}},
		"pull contextHash":       {"pull": true},
		"exports":                {"exports": []any{map[string]any{"raw": "type=registry"}}},
		"secrets":                {"secrets": map[string]any{"a": "b"}},
	} {
		if diff := changes(t, state, inputs(change)); diff != want {
			t.Errorf("%v gives %q, not %q", change, diff, want)
		}
	}
	write(t, map[string]string{"app/README.md": "b\n"})
	if diff := changes(t, state, inputs(nil)); diff != "" {
		t.Errorf("a file that is ignored counts: %s", diff)
	}
	for name, text := range map[string]string{"app/main.py": "print(2)\n", "app/Dockerfile": "FROM c\n"} {
		before, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		write(t, map[string]string{name: text})
		if diff := changes(t, state, inputs(nil)); diff != "contextHash" {
			t.Errorf("another %s gives %q", name, diff)
		}
		write(t, map[string]string{name: string(before)})
	}
	if err := os.Chmod("app/main.py", 0o755); err != nil {
		t.Fatal(err)
	}
	if diff := changes(t, state, inputs(nil)); diff != "contextHash" {
		t.Errorf("another mode gives %q", diff)
	}
}

func TestPreviewsNeedNothing(t *testing.T) {
	project(t)
	t.Setenv("AWS_ENDPOINT_URL", "")
	id, outputs, err := created(t, inputs(map[string]any{"tags": []any{unknown()}}), true)
	if err != nil || id != "" {
		t.Fatal(id, err)
	}
	for _, key := range outputKeys {
		if !outputs[key].IsComputed() {
			t.Errorf("%s is known before the image is: %v", key, outputs[key])
		}
	}
	if _, _, err := created(t, inputs(nil), false); err == nil || !strings.Contains(err.Error(), "no simulated AWS to push to") {
		t.Errorf("an image was made without a registry: %v", err)
	}
}

func TestPreviewOfAnUpdate(t *testing.T) {
	project(t)
	serveRegistry(t)
	_, state, err := created(t, inputs(nil), false)
	if err != nil {
		t.Fatal(err)
	}
	preview := func(values map[string]any) resource.PropertyMap {
		checked, _ := check(t, values)
		news, err := props.Write(checked)
		if err != nil {
			t.Fatal(err)
		}
		olds, err := props.Write(state)
		if err != nil {
			t.Fatal(err)
		}
		response, err := (&provider{}).Update(t.Context(), &pulumirpc.UpdateRequest{Urn: imageURN, Olds: olds, News: news, Preview: true})
		if err != nil {
			t.Fatal(err)
		}
		outputs, err := props.Read(response.GetProperties())
		if err != nil {
			t.Fatal(err)
		}
		return outputs
	}
	if ref := preview(inputs(map[string]any{"tags": []any{registryHost + "/app:2"}}))["ref"]; !ref.IsComputed() {
		t.Errorf("the reference of another tag is known before it is pushed: %v", ref)
	}
	write(t, map[string]string{"app/main.py": "print(2)\n"})
	if ref := props.String(preview(inputs(nil)), "ref"); ref != registryHost+"/app:1" {
		t.Errorf("another context under the same tag shows %q", ref)
	}
}
