package kube

import (
	"math"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"ai-platform/sandbox/plugins/internal/props"
)

// unknown stands in an object for a value that a preview cannot know.
type unknown struct{}

// The SDK cannot have dashes in property names: x-kubernetes-* are spelled with underscores there.
const extensionDashed, extensionUnderscored = "x-kubernetes-", "x_kubernetes_"

// toObject turns a property bag into the object that the API server knows. Secrets lose their wrapping, nulls vanish.
func toObject(bag resource.PropertyMap) map[string]any {
	object := make(map[string]any, len(bag))
	for key, value := range bag {
		name := string(key)
		if strings.HasPrefix(name, "__") {
			continue
		}
		if strings.HasPrefix(name, extensionUnderscored) {
			name = strings.ReplaceAll(name, "_", "-")
		}
		if plain := toValue(value); plain != nil {
			object[name] = plain
		}
	}
	return object
}

func toValue(value resource.PropertyValue) any {
	switch {
	case value.IsNull():
		return nil
	case value.IsSecret():
		return toValue(value.SecretValue().Element)
	case value.IsComputed():
		return unknown{}
	case value.IsOutput():
		if output := value.OutputValue(); output.Known {
			return toValue(output.Element)
		}
		return unknown{}
	case value.IsNumber():
		number := value.NumberValue()
		if number == math.Trunc(number) && math.Abs(number) < 1<<53 {
			return int64(number)
		}
		return number
	case value.IsArray():
		items := make([]any, len(value.ArrayValue()))
		for i, item := range value.ArrayValue() {
			items[i] = toValue(item)
		}
		return items
	case value.IsObject():
		return toObject(value.ObjectValue())
	}
	return value.V
}

// fromObject is the way back. Unknowns stay unknown.
func fromObject(object map[string]any) resource.PropertyMap {
	bag := make(resource.PropertyMap, len(object))
	for name, value := range object {
		if strings.HasPrefix(name, extensionDashed) {
			name = strings.ReplaceAll(name, "-", "_")
		}
		bag[resource.PropertyKey(name)] = fromValue(value)
	}
	return bag
}

func fromValue(value any) resource.PropertyValue {
	switch typed := value.(type) {
	case unknown:
		return resource.MakeComputed(resource.NewStringProperty(""))
	case map[string]any:
		return resource.NewObjectProperty(fromObject(typed))
	case []any:
		items := make([]resource.PropertyValue, len(typed))
		for i, item := range typed {
			items[i] = fromValue(item)
		}
		return resource.NewArrayProperty(items)
	}
	return resource.NewPropertyValue(value)
}

func hasUnknown(value any) bool {
	switch typed := value.(type) {
	case unknown:
		return true
	case map[string]any:
		for _, item := range typed {
			if hasUnknown(item) {
				return true
			}
		}
	case []any:
		for _, item := range typed {
			if hasUnknown(item) {
				return true
			}
		}
	}
	return false
}

// withoutUnknowns lets the readers of unstructured.Unstructured work, which panic or misread on foreign types.
func withoutUnknowns(value any) any {
	switch typed := value.(type) {
	case map[string]any:
		plain := make(map[string]any, len(typed))
		for key, item := range typed {
			if _, skip := item.(unknown); !skip {
				plain[key] = withoutUnknowns(item)
			}
		}
		return plain
	case []any:
		plain := make([]any, 0, len(typed))
		for _, item := range typed {
			if _, skip := item.(unknown); !skip {
				plain = append(plain, withoutUnknowns(item))
			}
		}
		return plain
	}
	return value
}

// known is the part of an object that is known, for reading its name, kind and annotations.
func known(object map[string]any) *unstructured.Unstructured {
	plain, _ := withoutUnknowns(object).(map[string]any)
	return &unstructured.Unstructured{Object: plain}
}

// nested finds a property of a bag, looking through secrets.
func nested(bag resource.PropertyMap, path ...resource.PropertyKey) (resource.PropertyValue, bool) {
	value := resource.NewObjectProperty(bag)
	for _, key := range path {
		if value = props.Unwrap(value); !value.IsObject() {
			return value, false
		}
		next, set := value.ObjectValue()[key]
		if !set || next.IsNull() {
			return next, false
		}
		value = next
	}
	return value, true
}
