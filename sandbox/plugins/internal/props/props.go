// Package props converts property bags between the wire and Go, keeping what is secret secret and unknown unknown.
package props

import (
	"sort"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

// Read keeps secrets and unknowns as such.
func Read(bag *structpb.Struct) (resource.PropertyMap, error) {
	return plugin.UnmarshalProperties(bag, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
}

// Write keeps secrets and unknowns as such.
func Write(properties resource.PropertyMap) (*structpb.Struct, error) {
	return plugin.MarshalProperties(properties, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
}

// Plain is a property without its secret wrapping, all the way down.
func Plain(value resource.PropertyValue) resource.PropertyValue {
	switch {
	case value.IsSecret():
		return Plain(value.SecretValue().Element)
	case value.IsOutput():
		if output := value.OutputValue(); output.Known {
			return Plain(output.Element)
		}
		return resource.MakeComputed(resource.NewStringProperty(""))
	case value.IsArray():
		items := make([]resource.PropertyValue, len(value.ArrayValue()))
		for i, item := range value.ArrayValue() {
			items[i] = Plain(item)
		}
		return resource.NewArrayProperty(items)
	case value.IsObject():
		return resource.NewObjectProperty(PlainMap(value.ObjectValue()))
	}
	return value
}

// PlainMap is Plain for every property of a bag.
func PlainMap(bag resource.PropertyMap) resource.PropertyMap {
	plain := make(resource.PropertyMap, len(bag))
	for key, value := range bag {
		plain[key] = Plain(value)
	}
	return plain
}

// HasUnknowns tells whether a value depends on something that a preview cannot know.
func HasUnknowns(value resource.PropertyValue) bool { return value.ContainsUnknowns() }

// String is a known string property, or "".
func String(bag resource.PropertyMap, key resource.PropertyKey) string {
	if value := Plain(bag[key]); value.IsString() {
		return value.StringValue()
	}
	return ""
}

// Changed lists the top-level properties that differ, sorted. An unknown new value counts as a change: it may be one.
func Changed(olds, news resource.PropertyMap) []resource.PropertyKey {
	keys := map[resource.PropertyKey]bool{}
	for key, value := range news {
		old, had := olds[key]
		if internal(key) || (value.IsNull() && (!had || old.IsNull())) {
			continue
		}
		if value.ContainsUnknowns() || !had || !Plain(old).DeepEquals(Plain(value)) {
			keys[key] = true
		}
	}
	for key, value := range olds {
		if _, has := news[key]; !has && !internal(key) && !value.IsNull() {
			keys[key] = true
		}
	}
	sorted := make([]resource.PropertyKey, 0, len(keys))
	for key := range keys {
		sorted = append(sorted, key)
	}
	sort.Slice(sorted, func(i, j int) bool { return sorted[i] < sorted[j] })
	return sorted
}

func internal(key resource.PropertyKey) bool { return len(key) > 1 && key[:2] == "__" }

// Kind is how a property differs, in the words of a detailed diff.
func Kind(olds, news resource.PropertyMap, key resource.PropertyKey, replaces bool) pulumirpc.PropertyDiff_Kind {
	_, had := olds[key]
	_, has := news[key]
	switch {
	case !had && replaces:
		return pulumirpc.PropertyDiff_ADD_REPLACE
	case !had:
		return pulumirpc.PropertyDiff_ADD
	case !has && replaces:
		return pulumirpc.PropertyDiff_DELETE_REPLACE
	case !has:
		return pulumirpc.PropertyDiff_DELETE
	case replaces:
		return pulumirpc.PropertyDiff_UPDATE_REPLACE
	}
	return pulumirpc.PropertyDiff_UPDATE
}

// Unwrap takes off a value's own wrapping as a secret or output, not that of what is in it.
func Unwrap(value resource.PropertyValue) resource.PropertyValue {
	for {
		switch {
		case value.IsSecret():
			value = value.SecretValue().Element
		case value.IsOutput() && value.OutputValue().Known:
			value = value.OutputValue().Element
		default:
			return value
		}
	}
}
