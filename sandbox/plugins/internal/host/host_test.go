package host

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

func TestVersionComesFromThePluginFolder(t *testing.T) {
	for path, want := range map[string]string{
		"/home/plugins/resource-kubernetes-v4.34.2/pulumi-resource-kubernetes": "4.34.2",
		"/home/plugins/resource-aws-v7.0.0-beta.1/pulumi-resource-aws":         "7.0.0-beta.1",
		"/bin/pulumi-language-nodejs":                                          "0.0.0",
	} {
		if got := versionOf(path); got != want {
			t.Errorf("%s has version %q", path, got)
		}
	}
}

func TestDifferences(t *testing.T) {
	olds := resource.NewPropertyMapFromMap(map[string]any{"a": "1", "b": "1", "c": "1"})
	news := resource.NewPropertyMapFromMap(map[string]any{"a": "2", "b": "2", "c": "1"})
	replaces := func(key resource.PropertyKey) bool { return key == "a" }
	all := Differences(olds, news, replaces, nil)
	if len(all.Replaces) != 1 || all.Replaces[0] != "a" || all.DetailedDiff["b"].Kind != pulumirpc.PropertyDiff_UPDATE || all.DetailedDiff["c"] != nil {
		t.Errorf("got %v", all)
	}
	if rest := Differences(olds, news, replaces, []string{"a"}); len(rest.Replaces) != 0 || len(rest.Diffs) != 1 {
		t.Errorf("an ignored change counts: %v", rest)
	}
	if none := Differences(olds, olds, replaces, nil); none.Changes != pulumirpc.DiffResponse_DIFF_NONE {
		t.Errorf("got %v", none)
	}
}

func TestServeRefusesAWrongEngine(t *testing.T) {
	plugin := func(*grpc.Server, *Engine) (func(), error) { return nil, nil }
	if err := Serve(plugin, []string{"\x00"}); err == nil {
		t.Error("an impossible address was accepted")
	}
}

func TestAnEngineWithoutAnAddressDiscardsItsLog(t *testing.T) {
	engine, err := dial("")
	if err != nil {
		t.Fatal(err)
	}
	engine.Info("urn", "nothing")
	var none *Engine
	none.Warn("urn", "nothing")
}
