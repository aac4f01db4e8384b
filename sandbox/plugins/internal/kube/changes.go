package kube

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// change is one difference between what is and what is wanted.
type change struct {
	path     []any // string keys and int indexes
	had, has bool
	old, new any
}

// name is the path as Pulumi's detailed diffs spell it.
func (c change) name() string { return pathName(c.path) }

func pathName(path []any) string {
	var name strings.Builder
	for _, step := range path {
		switch key := step.(type) {
		case int:
			fmt.Fprintf(&name, "[%d]", key)
		case string:
			switch {
			case strings.ContainsAny(key, `."[]`):
				name.WriteString("[" + strconv.Quote(key) + "]")
			case name.Len() > 0:
				name.WriteString("." + key)
			default:
				name.WriteString(key)
			}
		}
	}
	return name.String()
}

func (c change) kind(replaces bool) pulumirpc.PropertyDiff_Kind {
	switch {
	case !c.had && replaces:
		return pulumirpc.PropertyDiff_ADD_REPLACE
	case !c.had:
		return pulumirpc.PropertyDiff_ADD
	case !c.has && replaces:
		return pulumirpc.PropertyDiff_DELETE_REPLACE
	case !c.has:
		return pulumirpc.PropertyDiff_DELETE
	case replaces:
		return pulumirpc.PropertyDiff_UPDATE_REPLACE
	}
	return pulumirpc.PropertyDiff_UPDATE
}

// changes compares two values all the way down.
func changes(path []any, old, new any, found *[]change) {
	switch after := new.(type) {
	case map[string]any:
		before, ok := old.(map[string]any)
		if !ok {
			break
		}
		for key, value := range after {
			step := append(path[:len(path):len(path)], key)
			if previous, had := before[key]; had {
				changes(step, previous, value, found)
			} else if !empty(value) {
				*found = append(*found, change{path: step, has: true, new: value})
			}
		}
		for key, value := range before {
			if _, has := after[key]; !has && !empty(value) {
				*found = append(*found, change{path: append(path[:len(path):len(path)], key), had: true, old: value})
			}
		}
		return
	case []any:
		before, ok := old.([]any)
		if !ok {
			break
		}
		for i := range max(len(before), len(after)) {
			step := append(path[:len(path):len(path)], i)
			switch {
			case i >= len(before):
				*found = append(*found, change{path: step, has: true, new: after[i]})
			case i >= len(after):
				*found = append(*found, change{path: step, had: true, old: before[i]})
			default:
				changes(step, before[i], after[i], found)
			}
		}
		return
	}
	if !same(old, new) {
		*found = append(*found, change{path: path, had: true, has: true, old: old, new: new})
	}
}

// empty values are the same as none to the API server: it does not keep them.
func empty(value any) bool {
	switch typed := value.(type) {
	case nil:
		return true
	case map[string]any:
		return len(typed) == 0
	case []any:
		return len(typed) == 0
	}
	return false
}

func same(a, b any) bool {
	if _, isUnknown := b.(unknown); isUnknown {
		return false
	}
	if x, ok := float(a); ok {
		if y, ok := float(b); ok {
			return x == y
		}
	}
	return reflect.DeepEqual(a, b) || (empty(a) && empty(b))
}

func float(value any) (float64, bool) {
	switch number := value.(type) {
	case int64:
		return float64(number), true
	case float64:
		return number, true
	}
	return 0, false
}

// at follows a path into a value.
func at(value any, path []any) (any, bool) {
	for _, step := range path {
		switch key := step.(type) {
		case string:
			object, ok := value.(map[string]any)
			if !ok {
				return nil, false
			}
			if value, ok = object[key]; !ok {
				return nil, false
			}
		case int:
			list, ok := value.([]any)
			if !ok || key >= len(list) {
				return nil, false
			}
			value = list[key]
		}
	}
	return value, true
}

// prune reduces a live object to the fields that the inputs speak of. What the live object lacks keeps the input's
// value: servers do not give back everything they were given.
func prune(live, inputs any) any {
	switch given := inputs.(type) {
	case map[string]any:
		object, ok := live.(map[string]any)
		if !ok {
			return inputs
		}
		pruned := make(map[string]any, len(given))
		for key, value := range given {
			if current, has := object[key]; has {
				pruned[key] = prune(current, value)
			} else {
				pruned[key] = value
			}
		}
		return pruned
	case []any:
		list, ok := live.([]any)
		if !ok {
			return inputs
		}
		pruned := make([]any, len(list))
		for i := range list {
			if i < len(given) {
				pruned[i] = prune(list[i], given[i])
			} else {
				pruned[i] = list[i]
			}
		}
		return pruned
	}
	return live
}
