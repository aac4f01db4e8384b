package dockerbuild

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"ai-platform/sandbox/plugins/internal/props"
)

const (
	registryHost = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
	token        = "token"
)

// images are what was put into the registry's one repository, by tag.
type images map[string]map[string]any

// serveRegistry answers the calls of ECR's API that a push needs. The simulated AWS, where they are answered by moto, is
// tried with whole programs.
func serveRegistry(t *testing.T) images {
	t.Helper()
	there := images{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var call map[string]any
		if err := json.NewDecoder(r.Body).Decode(&call); err != nil {
			t.Error(err)
		}
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		if operation != "GetAuthorizationToken" && call["repositoryName"] != "app" {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"__type": "RepositoryNotFoundException", "message": "The repository does not exist"}`))
			return
		}
		_ = json.NewEncoder(w).Encode(there.answer(operation, call))
	}))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	return there
}

func (i images) answer(operation string, call map[string]any) map[string]any {
	switch operation {
	case "GetAuthorizationToken":
		valid := base64.StdEncoding.EncodeToString([]byte("AWS:" + token))
		return map[string]any{"authorizationData": []any{map[string]any{"authorizationToken": valid}}}
	case "PutImage":
		tag, _ := call["imageTag"].(string)
		i[tag] = call
	case "BatchGetImage":
		wanted := call["imageIds"].([]any)[0].(map[string]any)
		if found := i[wanted["imageTag"].(string)]; found != nil {
			return map[string]any{"images": []any{map[string]any{"imageId": map[string]any{"imageDigest": found["imageDigest"]}}}}
		}
	case "BatchDeleteImage":
		for tag, found := range i {
			if found["imageDigest"] == call["imageIds"].([]any)[0].(map[string]any)["imageDigest"] {
				delete(i, tag)
			}
		}
	}
	return map[string]any{}
}

func TestPush(t *testing.T) {
	project(t)
	there := serveRegistry(t)
	id, outputs, err := created(t, inputs(nil), false)
	if err != nil {
		t.Fatal(err)
	}
	digest := props.String(outputs, "digest")
	if id != digest || props.String(outputs, "ref") != registryHost+"/app:1@"+digest {
		t.Errorf("id %q, reference %q", id, props.String(outputs, "ref"))
	}
	text, _ := there["1"]["imageManifest"].(string)
	if digestOf([]byte(text)) != digest || there["1"]["imageDigest"] != digest {
		t.Errorf("%s is not the digest of %s", digest, text)
	}
	var pushed manifest
	if err := json.Unmarshal([]byte(text), &pushed); err != nil || pushed.MediaType != manifestType || len(pushed.Layers) != 1 {
		t.Errorf("the manifest is %s", text)
	}
	_, again, err := created(t, inputs(nil), false)
	if err != nil || props.String(again, "digest") != digest {
		t.Errorf("the same source is %s and %s, %v", digest, props.String(again, "digest"), err)
	}
}

func TestWhatMakesADigest(t *testing.T) {
	project(t)
	serveRegistry(t)
	digest := func(change map[string]any) string {
		_, outputs, err := created(t, inputs(change), false)
		if err != nil {
			t.Fatal(err)
		}
		return props.String(outputs, "digest")
	}
	seen := map[string]map[string]any{}
	for _, change := range []map[string]any{
		nil, {"labels": map[string]any{"a": "b"}}, {"platforms": []any{"linux/arm64"}}, {"platforms": []any{"linux/arm64", "linux/amd64"}},
		{"buildArgs": map[string]any{"A": "1"}}, {"buildArgs": map[string]any{"SOURCE_DATE_EPOCH": "1"}}, {"target": "base"},
	} {
		found := digest(change)
		if other, twice := seen[found]; twice {
			t.Errorf("%v and %v are one image", change, other)
		}
		seen[found] = change
	}
	first := digest(nil)
	write(t, map[string]string{"app/README.md": "b\n"})
	if digest(nil) != first {
		t.Error("a file that is ignored is in the image")
	}
	write(t, map[string]string{"app/Dockerfile": "FROM python:3.11\nCOPY main.py .\nUSER 1\n"})
	second := digest(nil)
	write(t, map[string]string{"app/main.py": "print(2)\n"})
	if third := digest(nil); second == first || third == second {
		t.Error("another source is the same image")
	}
}

func TestPushOfSeveralPlatforms(t *testing.T) {
	project(t)
	there := serveRegistry(t)
	if _, _, err := created(t, inputs(map[string]any{"platforms": []any{"linux/amd64", "linux/arm64"}}), false); err != nil {
		t.Fatal(err)
	}
	var index manifest
	text, _ := there["1"]["imageManifest"].(string)
	if err := json.Unmarshal([]byte(text), &index); err != nil || index.MediaType != indexType || len(index.Manifests) != 2 {
		t.Fatalf("the index is %s", text)
	}
	if there[""]["imageDigest"] != index.Manifests[1].Digest || index.Manifests[1].Platform.Architecture != "arm64" {
		t.Errorf("the parts of the index were not pushed: %v", there[""])
	}
}

func TestCache(t *testing.T) {
	project(t)
	there := serveRegistry(t)
	cache := func(settings map[string]any) map[string]any {
		settings["ref"] = registryHost + "/app:cache"
		return map[string]any{"cacheTo": []any{map[string]any{"registry": settings}}}
	}
	if _, _, err := created(t, inputs(cache(map[string]any{})), false); err == nil || !strings.Contains(err.Error(), "imageManifest") {
		t.Errorf("ECR took an index as a cache: %v", err)
	}
	if _, _, err := created(t, inputs(cache(map[string]any{"ignoreError": true})), false); err != nil || there["cache"] != nil {
		t.Errorf("an error that is to be ignored is not: %v, %v", err, there["cache"])
	}
	if _, _, err := created(t, inputs(cache(map[string]any{"imageManifest": true, "ociMediaTypes": true})), false); err != nil || there["cache"] == nil {
		t.Errorf("there is no cache: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	project(t)
	serveRegistry(t)
	login := func(address, password string) []any {
		return []any{map[string]any{"address": address, "username": "AWS", "password": password}}
	}
	for want, change := range map[string]map[string]any{
		"failed to push " + registryHost + "/app:1: authorization failed: no basic auth credentials": {"registries": nil},
		"no basic auth credentials": {"registries": login("docker.io", token)},
		"403 Forbidden":             {"registries": login(registryHost, "expired")},
		"RepositoryNotFoundException: The repository does not exist": {"tags": []any{registryHost + "/other:1"}},
		"simulates no registry but Amazon's ECR":                     {"tags": []any{"ghcr.io/acme/app:1"}},
		`target stage "none" could not be found`:                     {"target": "none"},
	} {
		if _, _, err := created(t, inputs(change), false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v gives %v, not %q", change, err, want)
		}
	}
}

func TestReadAndDelete(t *testing.T) {
	project(t)
	there := serveRegistry(t)
	_, state, err := created(t, inputs(map[string]any{"tags": []any{registryHost + "/app:1", registryHost + "/app:2"}}), false)
	if err != nil {
		t.Fatal(err)
	}
	read := func() *pulumirpc.ReadResponse {
		written, err := props.Write(state)
		if err != nil {
			t.Fatal(err)
		}
		response, err := (&provider{}).Read(t.Context(), &pulumirpc.ReadRequest{Urn: imageURN, Id: "id", Properties: written})
		if err != nil {
			t.Fatal(err)
		}
		return response
	}
	tags := func() []resource.PropertyValue {
		outputs, err := props.Read(read().GetProperties())
		if err != nil {
			t.Fatal(err)
		}
		return outputs["tags"].ArrayValue()
	}
	if len(tags()) != 2 {
		t.Errorf("tags are %v", tags())
	}
	delete(there, "1")
	if left := tags(); len(left) != 1 || left[0].StringValue() != registryHost+"/app:2" {
		t.Errorf("tags are %v", left)
	}
	written, err := props.Write(state)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (&provider{}).Delete(t.Context(), &pulumirpc.DeleteRequest{Urn: imageURN, Id: "id", Properties: written}); err != nil || len(there) > 0 {
		t.Errorf("left: %v, %v", there, err)
	}
	if response := read(); response.GetId() != "" {
		t.Error("an image without a tag is still there")
	}
	if err := os.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1"); err != nil {
		t.Fatal(err)
	}
	if response := read(); response.GetId() != "id" {
		t.Error("an image is gone because the registry does not answer")
	}
}
