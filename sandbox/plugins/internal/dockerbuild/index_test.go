package dockerbuild

import (
	"maps"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"ai-platform/sandbox/plugins/internal/props"
)

const (
	indexURN = "urn:pulumi:dev::test::docker-build:index:Index::app"
	upstream = "acme/app:1@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
)

func indexOf(changes map[string]any) map[string]any {
	all := map[string]any{
		"tag": registryHost + "/app:1", "sources": []any{upstream},
		"registry": map[string]any{"address": registryHost, "username": "AWS", "password": token},
	}
	for key, value := range changes {
		if all[key] = value; value == nil {
			delete(all, key)
		}
	}
	return all
}

func checkedIndex(t *testing.T, changes map[string]any) (resource.PropertyMap, string) {
	t.Helper()
	response, err := (&provider{}).Check(t.Context(), &pulumirpc.CheckRequest{Urn: indexURN, News: bag(t, indexOf(changes))})
	if err != nil {
		t.Fatal(err)
	}
	inputs, err := props.Read(response.GetInputs())
	if err != nil {
		t.Fatal(err)
	}
	var failures []string
	for _, failure := range response.GetFailures() {
		failures = append(failures, failure.GetProperty()+": "+failure.GetReason())
	}
	return inputs, strings.Join(failures, "\n")
}

func madeIndex(t *testing.T, changes map[string]any, preview bool) (resource.PropertyMap, error) {
	t.Helper()
	inputs, failures := checkedIndex(t, changes)
	if failures != "" {
		t.Fatal(failures)
	}
	written, err := props.Write(inputs)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&provider{}).Create(t.Context(), &pulumirpc.CreateRequest{Urn: indexURN, Properties: written, Preview: preview})
	if err != nil {
		return nil, err
	}
	outputs, err := props.Read(response.GetProperties())
	return outputs, err
}

func TestCheckOfAnIndex(t *testing.T) {
	if inputs, failures := checkedIndex(t, nil); failures != "" || !inputs["push"].BoolValue() {
		t.Errorf("got %v, %s", inputs, failures)
	}
	for want, change := range map[string]map[string]any{
		"target: invalid reference format":      {"tag": "Not A Tag"},
		"refs[1]: invalid reference format":     {"sources": []any{upstream, "Not An Image"}},
		"sources: is required":                  {"sources": nil},
		"tag: is required":                      {"tag": nil},
		"platforms: is no property of an index": {"platforms": []any{"linux/amd64"}},
		"push: is of another type":              {"push": "yes"},
	} {
		if _, failures := checkedIndex(t, change); !strings.Contains(failures, want) {
			t.Errorf("%v gives %q, not %q", change, failures, want)
		}
	}
}

func TestAnIndexKeepsTheDigestOfItsOnlySource(t *testing.T) {
	there := serveRegistry(t)
	outputs, err := madeIndex(t, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	_, digest, _ := strings.Cut(upstream, "@")
	if there["1"]["imageDigest"] != digest || props.String(outputs, "ref") != registryHost+"/app:1@"+digest {
		t.Errorf("pushed %v as %s", there["1"]["imageDigest"], props.String(outputs, "ref"))
	}
	if text, _ := there["1"]["imageManifest"].(string); !strings.Contains(text, upstream) {
		t.Errorf("the index does not say what it stands for: %s", text)
	}
	there = serveRegistry(t)
	if _, err := madeIndex(t, map[string]any{"sources": []any{"acme/app:1"}}, false); err != nil {
		t.Fatal(err)
	}
	if digest := there["1"]["imageDigest"]; digest != digestOf([]byte(there["1"]["imageManifest"].(string))) {
		t.Errorf("a source without a digest is pushed as %v", digest)
	}
}

func TestAnIndexIsRefused(t *testing.T) {
	serveRegistry(t)
	for want, change := range map[string]map[string]any{
		"authorization failed":        {"registry": nil},
		"RepositoryNotFoundException": {"tag": registryHost + "/other:1"},
		"simulates no registry":       {"tag": "ghcr.io/acme/app:1"},
	} {
		if _, err := madeIndex(t, change, false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v gives %v, not %q", change, err, want)
		}
	}
}

func TestPreviewOfAnIndexNeedsNothing(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL", "")
	outputs, err := madeIndex(t, nil, true)
	if err != nil || !outputs["ref"].IsComputed() {
		t.Errorf("got %v, %v", outputs, err)
	}
}

func TestDiffOfAnIndex(t *testing.T) {
	serveRegistry(t)
	state, err := madeIndex(t, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	olds, err := props.Write(state)
	if err != nil {
		t.Fatal(err)
	}
	login := func(changes map[string]any) map[string]any {
		all := map[string]any{"address": registryHost, "username": "AWS", "password": token}
		maps.Copy(all, changes)
		return map[string]any{"registry": all}
	}
	for _, each := range []struct {
		change            map[string]any
		changed, replaces string
	}{
		{nil, "", ""},
		{login(map[string]any{"password": "another"}), "", ""},
		{login(map[string]any{"username": "other"}), "registry.username", ""},
		{login(map[string]any{"address": "other"}), "registry.address", "registry.address"},
		{map[string]any{"tag": registryHost + "/app:2"}, "tag", "tag"},
		{map[string]any{"sources": []any{"acme/app:2"}}, "sources", ""},
	} {
		inputs, _ := checkedIndex(t, each.change)
		news, err := props.Write(inputs)
		if err != nil {
			t.Fatal(err)
		}
		response, err := (&provider{}).Diff(t.Context(), &pulumirpc.DiffRequest{Urn: indexURN, Olds: olds, News: news})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(response.GetDiffs(), " "); got != each.changed || strings.Join(response.GetReplaces(), " ") != each.replaces {
			t.Errorf("%v changes %q and replaces %v", each.change, got, response.GetReplaces())
		}
	}
}

func TestAnIndexIsReadAndDeleted(t *testing.T) {
	there := serveRegistry(t)
	state, err := madeIndex(t, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	written, err := props.Write(state)
	if err != nil {
		t.Fatal(err)
	}
	read := func() string {
		response, err := (&provider{}).Read(t.Context(), &pulumirpc.ReadRequest{Urn: indexURN, Id: "app", Properties: written})
		if err != nil {
			t.Fatal(err)
		}
		return response.GetId()
	}
	if read() != "app" {
		t.Error("an index that is there is not found")
	}
	if _, err := (&provider{}).Delete(t.Context(), &pulumirpc.DeleteRequest{Urn: indexURN, Id: "app", Properties: written}); err != nil || len(there) > 0 {
		t.Errorf("left: %v, %v", there, err)
	}
	if read() != "" {
		t.Error("an index without its tag is still there")
	}
}
