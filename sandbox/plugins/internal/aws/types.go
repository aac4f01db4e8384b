package aws

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"

	"ai-platform/sandbox/plugins/internal/props"
)

// resources.jsonl has the SDK's version in its first line and then one resource type a line. Inputs and outputs come
// from the SDK's typings, kept equal to them by a test; what a change replaces comes from the schema of the Terraform
// provider that the official plugin wraps.
//
//go:embed resources.jsonl
var resources []byte

// resourceType is what is known of one type.
type resourceType struct {
	Type     string   `json:"type"`
	Required []string `json:"required"`
	Optional []string `json:"optional"`
	Outputs  []string `json:"outputs"`
	// Replaces are paths such as "vpcConfig.subnetIds" or "ebsBlockDevices[].volumeType".
	Replaces []string `json:"replaces"`
	// ReplacementUnknown marks types whose schema does not say: their changes show as updates.
	ReplacementUnknown bool `json:"replacementUnknown"`
}

var types = sync.OnceValue(func() map[string]*resourceType {
	table := map[string]*resourceType{}
	decoder := json.NewDecoder(bytes.NewReader(resources))
	for decoder.More() {
		var t resourceType
		if err := decoder.Decode(&t); err != nil {
			panic(err) // the file is part of the program
		}
		table[t.Type] = &t
	}
	return table
})

// typeOf is nil for types outside the table: they are previewed without checks.
func typeOf(u string) *resourceType { return types()[string(urn.URN(u).Type())] }

func contains(list []string, item string) bool {
	for _, member := range list {
		if member == item {
			return true
		}
	}
	return false
}

func (t *resourceType) has(input string) bool {
	return contains(t.Required, input) || contains(t.Optional, input)
}

func (t *resourceType) taggable() bool { return t.has("tags") && contains(t.Outputs, "tagsAll") }

// replacesOn tells whether what changed in a property means a new resource.
func (t *resourceType) replacesOn(key string, olds, news resource.PropertyMap) bool {
	for _, path := range t.Replaces {
		top, rest, deep := strings.Cut(path, ".")
		top, list := strings.CutSuffix(top, "[]")
		if top != key {
			continue
		}
		if !deep && !list {
			return true
		}
		if !equal(collect(olds[resource.PropertyKey(key)], rest), collect(news[resource.PropertyKey(key)], rest)) {
			return true
		}
	}
	return false
}

// collect gathers the values at a path, through every list on the way.
func collect(value resource.PropertyValue, path string) []resource.PropertyValue {
	value = props.Unwrap(value)
	if value.IsArray() {
		var found []resource.PropertyValue
		for _, item := range value.ArrayValue() {
			found = append(found, collect(item, path)...)
		}
		return found
	}
	if path == "" {
		return []resource.PropertyValue{value}
	}
	if !value.IsObject() {
		return nil
	}
	step, rest, _ := strings.Cut(path, ".")
	next, set := value.ObjectValue()[resource.PropertyKey(strings.TrimSuffix(step, "[]"))]
	if !set || next.IsNull() {
		return nil
	}
	return collect(next, rest)
}

func equal(a, b []resource.PropertyValue) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if b[i].ContainsUnknowns() || !props.Plain(a[i]).DeepEquals(props.Plain(b[i])) {
			return false
		}
	}
	return true
}
