package kube

import (
	"context"
	"fmt"
	"sort"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"ai-platform/sandbox/plugins/internal/props"
)

// Diff compares what the program wants with the live object in state, field by field that the program speaks of. Only
// where they differ the server is asked, by a dry run: whether the difference is one to it, and whether it would
// refuse the change for good, which means a replacement. Nothing changed costs no call.
func (p *provider) Diff(ctx context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	state, err := props.Read(req.GetOlds())
	if err != nil {
		return nil, err
	}
	inputs, err := props.Read(req.GetNews())
	if err != nil {
		return nil, err
	}
	oldInputs, err := oldInputsOf(req, state)
	if err != nil {
		return nil, err
	}
	d := difference{
		wanted: normalized(toObject(inputs)), before: normalized(toObject(oldInputs)), live: normalized(toObject(state)),
	}
	d.find()
	if len(d.found) > 0 {
		if err := p.askServer(ctx, req.GetUrn(), state, inputs, &d); err != nil {
			return nil, err
		}
	}
	if err := p.replaceUnready(ctx, &d); err != nil {
		return nil, err
	}
	return p.respond(&d, inputs, req.GetIgnoreChanges())
}

// oldInputsOf prefers the inputs that the engine recorded to the copy in the outputs, which a step without a change
// leaves as it was.
func oldInputsOf(req *pulumirpc.DiffRequest, state resource.PropertyMap) (resource.PropertyMap, error) {
	if len(req.GetOldInputs().GetFields()) > 0 {
		return props.Read(req.GetOldInputs())
	}
	if given := props.Unwrap(state[keyInputs]); given.IsObject() {
		return given.ObjectValue(), nil
	}
	return resource.PropertyMap{}, nil
}

type difference struct {
	wanted, before, live map[string]any
	found                []change
	// refused are the fields that the server says it never changes in place.
	refused []string
}

func (d *difference) find() {
	base, _ := prune(d.live, d.before).(map[string]any)
	changes(nil, base, d.wanted, &d.found)
}

// askServer drops the differences that are none to the server, such as "1000m" and "1", and notes what it refuses.
func (p *provider) askServer(ctx context.Context, u string, state, inputs resource.PropertyMap, d *difference) error {
	if hasUnknown(d.wanted) || isPatch(urn.URN(u)) || p.cluster.reach() != nil || p.movesObject(d) {
		return nil
	}
	object := known(toObject(inputs))
	result, err := p.apply(ctx, object, applyOptions{manager: fieldManagerOf(state, u, object), dryRun: true, force: true})
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return ctx.Err()
	default:
		// A refusal for any other reason shows when the change is previewed or made, with its own message.
		if !keepsData[object.GetKind()] {
			d.refused = immutableFields(err)
		}
		return nil
	}
	after := normalized(result.Object)
	real := d.found[:0]
	for _, c := range d.found {
		was, had := at(d.live, c.path)
		will, has := at(after, c.path)
		if had != has || !same(was, will) {
			real = append(real, c)
		}
	}
	d.found = real
	return nil
}

// movesObject tells whether another object is meant than the one in state: the server then has nothing to compare with.
func (p *provider) movesObject(d *difference) bool {
	for _, c := range d.found {
		switch c.name() {
		case "metadata.name", "metadata.namespace", "kind", "apiVersion":
			return true
		}
	}
	return false
}

func (p *provider) respond(d *difference, inputs resource.PropertyMap, ignore []string) (*pulumirpc.DiffResponse, error) {
	ignored := make([]resource.PropertyPath, len(ignore))
	for i, path := range ignore {
		parsed, err := resource.ParsePropertyPath(path)
		if err != nil {
			return nil, fmt.Errorf("ignoreChanges %q: %w", path, err)
		}
		ignored[i] = parsed
	}
	object := known(d.wanted)
	response := &pulumirpc.DiffResponse{
		Changes: pulumirpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true, DetailedDiff: map[string]*pulumirpc.PropertyDiff{},
	}
	tops := map[string]bool{}
	for _, c := range d.found {
		if isIgnored(ignored, c.path) {
			continue
		}
		name := c.name()
		replaces := p.replaces(object, name) || refused(d.refused, name)
		_, given := at(d.before, c.path)
		response.DetailedDiff[name] = &pulumirpc.PropertyDiff{Kind: c.kind(replaces), InputDiff: given || !c.had}
		response.Changes = pulumirpc.DiffResponse_DIFF_SOME
		if top, ok := c.path[0].(string); ok && !tops[top] {
			tops[top] = true
			response.Diffs = append(response.Diffs, top)
		}
		if replaces {
			response.Replaces = append(response.Replaces, name)
		}
	}
	sort.Strings(response.Replaces)
	sort.Strings(response.Diffs)
	response.DeleteBeforeReplace = len(response.Replaces) > 0 && p.mustDeleteFirst(d, inputs)
	return response, nil
}

// mustDeleteFirst holds when the new object must have the name of the old one, which cannot exist twice.
func (p *provider) mustDeleteFirst(d *difference, inputs resource.PropertyMap) bool {
	if autonamed(inputs) {
		return false
	}
	wanted, live := known(d.wanted), known(d.live)
	if wanted.GetName() != live.GetName() {
		return false
	}
	namespace := func(name string) string {
		if name == "" {
			return p.cluster.namespace
		}
		return name
	}
	return namespace(wanted.GetNamespace()) == namespace(live.GetNamespace())
}

func isIgnored(ignored []resource.PropertyPath, path []any) bool {
	for _, prefix := range ignored {
		if prefix.Contains(resource.PropertyPath(path)) {
			return true
		}
	}
	return false
}
