package kube

import (
	"context"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"ai-platform/sandbox/plugins/internal/props"
)

func (p *provider) Update(ctx context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	state, err := props.Read(req.GetOlds())
	if err != nil {
		return nil, err
	}
	inputs, err := props.Read(req.GetNews())
	if err != nil {
		return nil, err
	}
	wanted := toObject(inputs)
	asIs := &pulumirpc.UpdateResponse{Properties: req.GetNews()}
	if err := p.cluster.reach(); err != nil {
		switch {
		case req.GetPreview():
			p.warnUnreachable(err)
			return asIs, nil
		case p.settings.skipUpdateUnreachable:
			p.warnUnreachable(err)
			return &pulumirpc.UpdateResponse{Properties: req.GetOlds()}, nil
		}
		return nil, err
	}
	if req.GetPreview() && (hasUnknown(wanted) || isPatch(urn.URN(req.GetUrn()))) {
		return asIs, nil
	}
	ctx, cancel := p.running(ctx)
	defer cancel()

	object := known(wanted)
	manager := fieldManagerOf(state, req.GetUrn(), object)
	if len(req.GetIgnoreChanges()) > 0 {
		if err := p.keepIgnored(ctx, object, req.GetIgnoreChanges()); err != nil {
			return nil, err
		}
	}
	options := applyOptions{manager: manager, dryRun: req.GetPreview(), force: p.forced(object)}
	live, err := p.apply(ctx, object, options)
	if err != nil && takeOverFromClients(err) {
		// Written by kubectl or by another version of this program's provider: the program owns what it declares.
		options.force = true
		live, err = p.apply(ctx, object, options)
	}
	if err != nil {
		if req.GetPreview() && (apierrors.IsNotFound(err) || apierrors.IsForbidden(err)) {
			return asIs, nil
		}
		return nil, err
	}
	if req.GetPreview() {
		newState, err := checkpoint(inputs, live.Object, manager)
		return &pulumirpc.UpdateResponse{Properties: newState}, err
	}
	settled, err := p.settle(ctx, req.GetUrn(), object, live, req.GetTimeout())
	newState, stateErr := checkpoint(inputs, settled.Object, manager)
	if stateErr != nil {
		return nil, stateErr
	}
	if err != nil {
		return nil, notReady(req.GetId(), err, newState, nil)
	}
	return &pulumirpc.UpdateResponse{Properties: newState}, nil
}

// keepIgnored leaves the ignored fields as they are in the cluster.
func (p *provider) keepIgnored(ctx context.Context, object *unstructured.Unstructured, paths []string) error {
	client, _, err := p.cluster.resource(object)
	if err != nil {
		return err
	}
	live, err := client.Get(ctx, object.GetName(), metav1.GetOptions{})
	if err != nil {
		if apierrors.IsNotFound(err) {
			return nil
		}
		return err
	}
	for _, path := range paths {
		parsed, err := resource.ParsePropertyPath(path)
		if err != nil {
			return err
		}
		steps := []any(parsed)
		value, there := at(live.Object, steps)
		parent, found := at(object.Object, steps[:len(steps)-1])
		fields, isObject := parent.(map[string]any)
		key, isKey := steps[len(steps)-1].(string)
		if there && found && isObject && isKey {
			fields[key] = deepCopy(value)
		}
	}
	return nil
}
