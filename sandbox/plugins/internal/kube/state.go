package kube

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"ai-platform/sandbox/plugins/internal/props"
)

// The keys beside the live object in state are those of the official provider, so that either can take over a stack.
const (
	keyInputs         = "__inputs"
	keyAPIVersion     = "__initialApiVersion"
	keyFieldManager   = "__fieldManager"
	fieldManagerStart = "pulumi-kubernetes-"
)

// fieldManagerOf names the owner of a resource's fields after the resource: the same in every run, so that a run that
// was killed after it created the object, and before that was written down, recognizes it as its own.
func fieldManagerOf(state resource.PropertyMap, u string, object *unstructured.Unstructured) string {
	if name := object.GetAnnotations()["pulumi.com/patchFieldManager"]; name != "" {
		return name
	}
	if name := props.String(state, keyFieldManager); name != "" {
		return name
	}
	sum := sha256.Sum256([]byte(u))
	return fieldManagerStart + hex.EncodeToString(sum[:4])
}

// checkpoint is what goes into state: the live object, what the program gave, and who owns the fields.
// What was secret in the inputs is secret in the outputs.
func checkpoint(inputs resource.PropertyMap, live map[string]any, fieldManager string) (*structpb.Struct, error) {
	unstructured.RemoveNestedField(live, "metadata", "managedFields")
	state := fromObject(live)
	given := fromObject(toObject(inputs))
	gvk := known(live).GroupVersionKind()
	for _, bag := range []resource.PropertyMap{state, given} {
		copySecrets(bag, inputs)
		markSecrets(gvk, bag)
	}
	state[keyInputs] = resource.NewObjectProperty(given)
	state[keyAPIVersion] = inputs["apiVersion"]
	state[keyFieldManager] = resource.NewStringProperty(fieldManager)
	return props.Write(state)
}

var secretKind = schema.GroupVersionKind{Version: "v1", Kind: "Secret"}

// markSecrets makes the contents of a Secret secret, whatever the program said.
func markSecrets(gvk schema.GroupVersionKind, bag resource.PropertyMap) {
	if gvk != secretKind {
		return
	}
	for _, key := range []resource.PropertyKey{"data", "stringData"} {
		if value, set := bag[key]; set && !value.IsSecret() && !value.IsNull() {
			bag[key] = resource.MakeSecret(value)
		}
	}
}

// copySecrets marks in outs what is secret in ins. In a list the whole list becomes secret: a server may reorder it.
func copySecrets(outs, ins resource.PropertyMap) {
	for key, in := range ins {
		out, has := outs[key]
		if !has || out.IsSecret() {
			continue
		}
		switch {
		case !in.ContainsSecrets():
		case in.IsObject() && out.IsObject():
			copySecrets(out.ObjectValue(), in.ObjectValue())
		default:
			outs[key] = resource.MakeSecret(out)
		}
	}
}

// normalized brings an object into the form in which the server keeps it, as far as that is known without asking:
// a Secret's stringData becomes data, and what only a server may set is left out.
func normalized(object map[string]any) map[string]any {
	u := unstructured.Unstructured{Object: deepCopy(object).(map[string]any)}
	if metadata, ok := u.Object["metadata"].(map[string]any); ok {
		for _, field := range serverFields {
			delete(metadata, field)
		}
	}
	delete(u.Object, "status")
	if kind, _ := u.Object["kind"].(string); kind != "Secret" {
		return u.Object
	}
	text, ok := u.Object["stringData"].(map[string]any)
	if !ok {
		return u.Object
	}
	data, ok := u.Object["data"].(map[string]any)
	if !ok {
		data = map[string]any{}
	}
	for key, value := range text {
		if plain, isText := value.(string); isText {
			data[key] = base64.StdEncoding.EncodeToString([]byte(plain))
		} else {
			data[key] = value
		}
	}
	delete(u.Object, "stringData")
	u.Object["data"] = data
	return u.Object
}

var serverFields = []string{
	"creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields",
	"resourceVersion", "selfLink", "uid",
}

// deepCopy copies maps and lists; unstructured's own refuses foreign types such as unknown.
func deepCopy(value any) any {
	switch typed := value.(type) {
	case map[string]any:
		copied := make(map[string]any, len(typed))
		for key, item := range typed {
			copied[key] = deepCopy(item)
		}
		return copied
	case []any:
		copied := make([]any, len(typed))
		for i, item := range typed {
			copied[i] = deepCopy(item)
		}
		return copied
	}
	return value
}
