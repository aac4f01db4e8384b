package props

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func secret(text string) resource.PropertyValue {
	return resource.MakeSecret(resource.NewStringProperty(text))
}

var later = resource.MakeComputed(resource.NewStringProperty(""))

func TestWireKeepsSecretsAndUnknowns(t *testing.T) {
	bag := resource.PropertyMap{"s": secret("x"), "u": later, "deep": resource.NewObjectProperty(resource.PropertyMap{"s": secret("y")})}
	wire, err := Write(bag)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Read(wire)
	if err != nil || !back["s"].IsSecret() || !back["u"].IsComputed() || !back["deep"].ObjectValue()["s"].IsSecret() {
		t.Errorf("got %v %v", back, err)
	}
	if Plain(back["deep"]).ContainsSecrets() || String(back, "s") != "x" || String(back, "u") != "" {
		t.Error("plain values are not plain")
	}
}

func TestChanged(t *testing.T) {
	olds := resource.PropertyMap{"same": resource.NewStringProperty("a"), "gone": resource.NewStringProperty("a"), "hidden": resource.NewStringProperty("a"), "__internal": resource.NewStringProperty("a")}
	news := resource.PropertyMap{"same": resource.NewStringProperty("a"), "hidden": secret("a"), "new": resource.NewStringProperty("a"), "null": resource.NewNullProperty(), "unknown": later}
	want := []resource.PropertyKey{"gone", "new", "unknown"}
	got := Changed(olds, news)
	if len(got) != len(want) {
		t.Fatalf("got %v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %v", got)
		}
	}
	if Kind(olds, news, "gone", false) != pulumirpc.PropertyDiff_DELETE || Kind(olds, news, "new", true) != pulumirpc.PropertyDiff_ADD_REPLACE || Kind(olds, news, "same", false) != pulumirpc.PropertyDiff_UPDATE {
		t.Error("wrong kinds of difference")
	}
}
