package dockerbuild

import (
	"context"
	"fmt"
	"reflect"

	"github.com/distribution/reference"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"ai-platform/sandbox/plugins/internal/props"
)

const indexResource = "docker-build:index:Index"

func isIndex(u string) bool { return string(urn.URN(u).Type()) == indexResource }

// sourceAnnotation names what an index stands for, by OCI's image specification 1.1.
const sourceAnnotation = "org.opencontainers.image.base.name"

// indexArguments are an index's inputs. Unknown values are left empty.
type indexArguments struct {
	tag      string
	sources  []string
	pushed   bool
	registry *registry
}

// readIndex reads inputs, or a state, which has `ref` beside them.
func readIndex(bag resource.PropertyMap) (indexArguments, []*pulumirpc.CheckFailure) {
	args := indexArguments{pushed: true}
	plain, _ := known(resource.NewObjectProperty(props.PlainMap(bag))).(map[string]any)
	for name, value := range plain {
		fits := true
		switch name {
		case "tag":
			args.tag, fits = value.(string)
		case "push":
			args.pushed, fits = value.(bool)
		case "sources":
			var items []any
			items, fits = value.([]any)
			for _, item := range items {
				text, _ := item.(string)
				args.sources = append(args.sources, text)
			}
		case "registry":
			var fields map[string]any
			fields, fits = value.(map[string]any)
			text := func(field string) string { found, _ := fields[field].(string); return found }
			args.registry = &registry{Address: text("address"), Username: text("username"), Password: text("password")}
		case "ref", "__defaults":
		default:
			return args, []*pulumirpc.CheckFailure{{Property: name, Reason: "is no property of an index"}}
		}
		if !fits {
			return args, []*pulumirpc.CheckFailure{{Property: name, Reason: "is of another type"}}
		}
	}
	for _, property := range []resource.PropertyKey{"tag", "sources"} {
		if _, set := bag[property]; !set {
			return args, []*pulumirpc.CheckFailure{{Property: string(property), Reason: "is required"}}
		}
	}
	return args, nil
}

func (p *provider) checkIndex(inputs resource.PropertyMap) (*pulumirpc.CheckResponse, error) {
	args, failures := readIndex(inputs)
	judge := func(property, name string) {
		if _, err := reference.ParseNormalizedNamed(name); name != "" && err != nil {
			failures = append(failures, &pulumirpc.CheckFailure{Property: property, Reason: err.Error()})
		}
	}
	judge("target", args.tag)
	for place, source := range args.sources {
		judge(fmt.Sprintf("refs[%d]", place), source)
	}
	if _, set := inputs["push"]; !set {
		inputs["push"] = resource.NewBoolProperty(true)
	}
	bag, err := props.Write(inputs)
	return &pulumirpc.CheckResponse{Inputs: bag, Failures: failures}, err
}

// diffIndex: another tag or another registry is another index. A password is another one with every token and counts for
// nothing.
func diffIndex(state, inputs resource.PropertyMap) (*pulumirpc.DiffResponse, error) {
	olds, failures := readIndex(state)
	news, more := readIndex(inputs)
	if failures = append(failures, more...); len(failures) > 0 {
		return nil, fmt.Errorf("%s: %s", failures[0].GetProperty(), failures[0].GetReason())
	}
	response := &pulumirpc.DiffResponse{
		Changes: pulumirpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true, DetailedDiff: map[string]*pulumirpc.PropertyDiff{},
	}
	changed := func(property string, differs, replaces bool) {
		if !differs {
			return
		}
		kind := pulumirpc.PropertyDiff_UPDATE
		if response.Diffs = append(response.Diffs, property); replaces {
			kind = pulumirpc.PropertyDiff_UPDATE_REPLACE
			response.Replaces = append(response.Replaces, property)
		}
		response.Changes = pulumirpc.DiffResponse_DIFF_SOME
		response.DetailedDiff[property] = &pulumirpc.PropertyDiff{Kind: kind}
	}
	changed("tag", olds.tag != news.tag, true)
	changed("sources", !reflect.DeepEqual(olds.sources, news.sources), false)
	before, now := olds.registry, news.registry
	if before != nil && now != nil {
		changed("registry.address", before.Address != now.Address, before.Address != "")
		changed("registry.username", before.Username != now.Username, false)
	} else {
		changed("registry", before != now, false)
	}
	return response, nil
}

// makeIndex stands for `docker buildx imagetools create`, which copies each source with all that it is made of. A single
// source that is an index keeps its digest; here no upstream registry is asked, so that digest is taken from its name.
func (p *provider) makeIndex(ctx context.Context, u string, inputs resource.PropertyMap, preview bool) (resource.PropertyMap, error) {
	p.say(u)
	args, failures := readIndex(inputs)
	if len(failures) > 0 {
		return nil, fmt.Errorf("%s: %s", failures[0].GetProperty(), failures[0].GetReason())
	}
	outputs := inputs.Copy()
	if preview {
		outputs["ref"] = resource.MakeComputed(resource.NewStringProperty(""))
		return outputs, nil
	}
	outputs["ref"] = resource.NewStringProperty(args.tag)
	if !args.pushed {
		return outputs, nil
	}
	content, err := copied(args.sources)
	if err != nil {
		return nil, err
	}
	if err := pushIndex(ctx, args, content); err != nil {
		return nil, fmt.Errorf("creating: failed to push %s: %w", args.tag, err)
	}
	outputs["ref"] = resource.NewStringProperty(args.tag + "@" + content.digest)
	return outputs, nil
}

// copied is an index that says what it stands for.
func copied(sources []string) (document, error) {
	if len(sources) == 0 {
		return document{}, fmt.Errorf("no sources specified")
	}
	index := manifest{SchemaVersion: 2, MediaType: indexType, Annotations: map[string]string{}}
	for place, source := range sources {
		index.Annotations[fmt.Sprintf("%s.%d", sourceAnnotation, place)] = source
	}
	content, _, err := documentOf(index)
	if err != nil {
		return document{}, err
	}
	if named, err := reference.ParseNormalizedNamed(sources[0]); err == nil && len(sources) == 1 {
		if digested, ok := named.(reference.Digested); ok {
			content.digest = digested.Digest().String()
		}
	}
	return content, nil
}

func pushIndex(ctx context.Context, args indexArguments, content document) error {
	to, err := repositoryOf(args.tag)
	if err != nil {
		return err
	}
	var credentials []registry
	if args.registry != nil {
		credentials = append(credentials, *args.registry)
	}
	if err := to.signIn(ctx, credentials); err != nil {
		return err
	}
	there, err := to.has(ctx, content.digest)
	if err != nil || there {
		return err
	}
	return to.put(ctx, content, to.tag)
}

// readIndexState asks the registry which digest the tag has; without the tag the index is gone.
func (p *provider) readIndexState(ctx context.Context, req *pulumirpc.ReadRequest, state resource.PropertyMap) (*pulumirpc.ReadResponse, error) {
	args, failures := readIndex(state)
	unchanged := &pulumirpc.ReadResponse{Id: req.GetId(), Properties: req.GetProperties(), Inputs: req.GetInputs()}
	if len(failures) > 0 || !args.pushed {
		return unchanged, nil
	}
	from, err := repositoryOf(args.tag)
	if err != nil {
		return nil, err
	}
	digest, err := from.digest(ctx)
	if err != nil {
		return nil, err
	}
	if digest == "" {
		return &pulumirpc.ReadResponse{}, nil
	}
	state["ref"] = resource.NewStringProperty(args.tag + "@" + digest)
	bag, err := props.Write(state)
	return &pulumirpc.ReadResponse{Id: req.GetId(), Properties: bag, Inputs: req.GetInputs()}, err
}

// deleteIndex takes it out of its registry; one that refuses keeps it, which is no error.
func deleteIndex(ctx context.Context, state resource.PropertyMap) {
	args, _ := readIndex(state)
	if from, err := repositoryOf(args.tag); err == nil && args.pushed {
		if digest, err := from.digest(ctx); err == nil && digest != "" {
			_ = from.remove(ctx, digest)
		}
	}
}
