package dockerbuild

import (
	"context"
	"fmt"

	"github.com/distribution/reference"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"

	"ai-platform/sandbox/plugins/internal/props"
)

// outputKeys are what an image has beside its inputs.
var outputKeys = []resource.PropertyKey{"digest", "contextHash", "ref"}

// make builds and pushes, or in a preview says what can be known before.
// olds is the state of an image that is there already.
func (p *provider) make(ctx context.Context, u string, inputs, olds resource.PropertyMap, preview bool) (string, resource.PropertyMap, error) {
	if err := onlyImages(u); err != nil {
		return "", nil, err
	}
	p.say(u)
	args, failures := readArguments(inputs)
	if len(failures) > 0 {
		return "", nil, fmt.Errorf("%s: %s", failures[0].GetProperty(), failures[0].GetReason())
	}
	outputs := inputs.Copy()
	id, made := urn.URN(u).Name(), map[resource.PropertyKey]string{"ref": firstTag(args.Tags)}
	if preview {
		if olds == nil || inputsDiffer(olds, inputs) {
			for _, key := range outputKeys {
				outputs[key] = resource.MakeComputed(resource.NewStringProperty(""))
			}
			return "", outputs, nil
		}
		// The official plugin's preview of a context that changed under the same tag: a reference without its digest.
		return id, outputs, p.finish(args, outputs, made)
	}
	if args.exported() {
		digest, err := p.push(ctx, u, args)
		if err != nil {
			return "", nil, err
		}
		id, made["digest"], made["ref"] = digest, digest, withDigest(args.Tags, digest)
	} else {
		p.engine.Warn(u, "No exports were specified so the build will only remain in the local build cache. "+
			"Use `push` to upload the image to a registry, or silence this warning with a `cacheonly` export.")
	}
	return id, outputs, p.finish(args, outputs, made)
}

func (p *provider) finish(args arguments, outputs resource.PropertyMap, made map[resource.PropertyKey]string) error {
	hash, err := contextHash(args)
	if err != nil {
		return fmt.Errorf("hashing build context: %w", err)
	}
	made["contextHash"] = hash
	for _, key := range outputKeys {
		outputs[key] = resource.NewStringProperty(made[key])
	}
	return nil
}

// inputsDiffer compares everything, passwords too: any change leaves the outputs of a preview unknown.
func inputsDiffer(state, inputs resource.PropertyMap) bool {
	olds := state.Copy()
	for _, key := range outputKeys {
		delete(olds, key)
	}
	return len(props.Changed(olds, inputs)) > 0
}

func firstTag(tags []string) string {
	for _, tag := range tags {
		if _, err := reference.ParseNormalizedNamed(tag); err == nil {
			return tag
		}
	}
	return ""
}

// withDigest is the first of the tags that names its registry, and the digest behind it.
func withDigest(tags []string, digest string) string {
	for _, tag := range tags {
		if _, err := reference.ParseNamed(tag); err == nil {
			return tag + "@" + digest
		}
	}
	return firstTag(tags)
}
