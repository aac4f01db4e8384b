package dockerbuild

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"ai-platform/sandbox/plugins/internal/props"
)

// arguments are an image's inputs, named as in the schema of docker-build 0.0.22. Unknown values are left empty.
type arguments struct {
	AddHosts       []string          `json:"addHosts"`
	BuildArgs      map[string]string `json:"buildArgs"`
	BuildOnPreview *bool             `json:"buildOnPreview"`
	Builder        map[string]any    `json:"builder"`
	CacheFrom      []entry           `json:"cacheFrom"`
	CacheTo        []entry           `json:"cacheTo"`
	Context        buildContext      `json:"context"`
	Dockerfile     dockerfile        `json:"dockerfile"`
	Exec           bool              `json:"exec"`
	Exports        []entry           `json:"exports"`
	Labels         map[string]string `json:"labels"`
	Load           bool              `json:"load"`
	Network        string            `json:"network"`
	NoCache        bool              `json:"noCache"`
	Platforms      []string          `json:"platforms"`
	Pull           bool              `json:"pull"`
	Push           bool              `json:"push"`
	Registries     []registry        `json:"registries"`
	Secrets        map[string]string `json:"secrets"`
	IgnoredSecrets []string          `json:"ignoreSecretsInDiffCalculation"`
	SSH            []map[string]any  `json:"ssh"`
	Tags           []string          `json:"tags"`
	Target         string            `json:"target"`
}

// entry is one of several kinds of a cache or an export, under the kind's name.
type entry map[string]any

type buildContext struct {
	Location string            `json:"location"`
	Named    map[string]source `json:"named"`
}

type source struct {
	Location string `json:"location"`
}

type dockerfile struct {
	Location string `json:"location"`
	Inline   string `json:"inline"`
}

type registry struct {
	Address  string `json:"address"`
	Username string `json:"username"`
	Password string `json:"password"`
}

// readArguments reads inputs, or a state, which has the outputs beside them.
func readArguments(bag resource.PropertyMap) (arguments, []*pulumirpc.CheckFailure) {
	var args arguments
	inputs := known(resource.NewObjectProperty(props.PlainMap(bag)))
	for _, key := range append([]resource.PropertyKey{"__defaults"}, outputKeys...) {
		delete(inputs.(map[string]any), string(key))
	}
	if _, set := bag["push"]; !set {
		return args, []*pulumirpc.CheckFailure{{Property: "push", Reason: "is required"}}
	}
	text, err := json.Marshal(inputs)
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		err = decoder.Decode(&args)
	}
	if err != nil {
		return args, []*pulumirpc.CheckFailure{decodeFailure(err)}
	}
	if args.Dockerfile.Location == "" && args.Dockerfile.Inline == "" && args.Context.Location != "" && !remote(args.Context.Location) {
		args.Dockerfile.Location = joined(args.Context.Location, "Dockerfile")
	}
	return args, nil
}

func decodeFailure(err error) *pulumirpc.CheckFailure {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return &pulumirpc.CheckFailure{Property: wrong.Field, Reason: "is a " + wrong.Value + ", not a " + wrong.Type.String()}
	}
	if _, name, found := strings.Cut(err.Error(), "unknown field "); found {
		return &pulumirpc.CheckFailure{Property: strings.Trim(name, `"`), Reason: "is no property of an image"}
	}
	return &pulumirpc.CheckFailure{Reason: err.Error()}
}

// known is a value without what a preview can't know; in a list its place stays, empty.
func known(value resource.PropertyValue) any {
	switch {
	case value.IsComputed() || value.IsOutput():
		return nil
	case value.IsArray():
		items := make([]any, 0, len(value.ArrayValue()))
		for _, item := range value.ArrayValue() {
			items = append(items, known(item))
		}
		return items
	case value.IsObject():
		fields := map[string]any{}
		for key, field := range value.ObjectValue() {
			if item := known(field); item != nil {
				fields[string(key)] = item
			}
		}
		return fields
	}
	return value.Mappable()
}

// exported tells whether the image goes to a registry.
func (a arguments) exported() bool {
	if a.Push {
		return true
	}
	for _, export := range a.Exports {
		if export["disabled"] != true && export.pushes() {
			return true
		}
	}
	return false
}

// pushes reads an export, which may be written as for Docker's --output.
func (e entry) pushes() bool {
	if _, registry := e["registry"]; registry {
		return true
	}
	raw, _ := e["raw"].(string)
	attributes := strings.Split(strings.ToLower(raw), ",")
	has := func(attribute string) bool { return slices.Contains(attributes, attribute) }
	return (has("type=registry") && !has("push=false")) || (has("type=image") && has("push=true"))
}

// differences are the properties that differ, in the words of the official plugin's diff. A registry's password does not
// count: it is another one with every token.
func differences(olds, news arguments) []string {
	compared := []struct {
		property string
		of       func(arguments) any
	}{
		{"addHosts", func(a arguments) any { return a.AddHosts }},
		{"buildArgs", func(a arguments) any { return a.BuildArgs }},
		{"buildOnPreview", func(a arguments) any { return a.BuildOnPreview }},
		{"builder", func(a arguments) any { return a.Builder }},
		{"cacheFrom", func(a arguments) any { return a.CacheFrom }},
		{"cacheTo", func(a arguments) any { return a.CacheTo }},
		{"context.location", func(a arguments) any { return a.Context.Location }},
		{"context.named", func(a arguments) any { return a.Context.Named }},
		{"dockerfile", func(a arguments) any { return a.Dockerfile }},
		{"exports", func(a arguments) any { return a.Exports }},
		{"labels", func(a arguments) any { return a.Labels }},
		{"load", func(a arguments) any { return a.Load }},
		{"network", func(a arguments) any { return a.Network }},
		{"noCache", func(a arguments) any { return a.NoCache }},
		{"platforms", func(a arguments) any { return a.Platforms }},
		{"pull", func(a arguments) any { return a.Pull }},
		{"push", func(a arguments) any { return a.Push }},
		{"registries", func(a arguments) any { return withoutPasswords(a.Registries) }},
		{"secrets", func(a arguments) any { return a.secretsBeside(olds, news) }},
		{"ssh", func(a arguments) any { return a.SSH }},
		{"tags", func(a arguments) any { return a.Tags }},
		{"target", func(a arguments) any { return a.Target }},
	}
	var changed []string
	for _, each := range compared {
		if !reflect.DeepEqual(each.of(olds), each.of(news)) {
			changed = append(changed, each.property)
		}
	}
	return changed
}

func withoutPasswords(registries []registry) []registry {
	var open []registry
	for _, each := range registries {
		open = append(open, registry{Address: each.Address, Username: each.Username})
	}
	return open
}

// secretsBeside leaves out the secrets that both have and the new one wants ignored.
func (a arguments) secretsBeside(olds, news arguments) map[string]string {
	compared := map[string]string{}
	for name, value := range a.Secrets {
		compared[name] = value
	}
	for _, name := range news.IgnoredSecrets {
		_, before := olds.Secrets[name]
		_, now := news.Secrets[name]
		if before && now {
			delete(compared, name)
		}
	}
	return compared
}
