package kube

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"ai-platform/sandbox/plugins/internal/props"
)

// creationRetries wait for what a program often creates in the same breath: the namespace, the CRD of the kind.
var creationRetries = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}

func (p *provider) Create(ctx context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	inputs, err := props.Read(req.GetProperties())
	if err != nil {
		return nil, err
	}
	wanted := toObject(inputs)
	if req.GetPreview() {
		return p.previewCreate(ctx, req, inputs, wanted)
	}
	if err := p.cluster.reach(); err != nil {
		return nil, err
	}
	ctx, cancel := p.running(ctx)
	defer cancel()

	object := known(wanted)
	manager := fieldManagerOf(inputs, req.GetUrn(), object)
	live, err := p.create(ctx, req.GetUrn(), object, manager, req.GetTimeout())
	if err != nil {
		return nil, err
	}
	p.engine.Status(req.GetUrn(), "")
	settled, err := p.settle(ctx, req.GetUrn(), object, live, req.GetTimeout())
	state, stateErr := checkpoint(inputs, settled.Object, manager)
	if stateErr != nil {
		return nil, stateErr
	}
	if err != nil {
		return nil, notReady(identifier(live), err, state, nil)
	}
	return &pulumirpc.CreateResponse{Id: identifier(live), Properties: state}, nil
}

// create refuses to take over an object that is there already, unless this very resource made it in a run that was
// killed before it could write that down.
func (p *provider) create(ctx context.Context, u string, object *unstructured.Unstructured, manager string, seconds float64) (*unstructured.Unstructured, error) {
	for attempt := 0; ; attempt++ {
		live, err := p.createOnce(ctx, u, object, manager, seconds)
		if err == nil || attempt == len(creationRetries) || !(apierrors.IsNotFound(err) || meta.IsNoMatchError(err)) {
			if meta.IsNoMatchError(err) {
				return nil, fmt.Errorf("the cluster knows no kind %s in %s: create its CustomResourceDefinition first, and let this resource depend on it", object.GetKind(), object.GetAPIVersion())
			}
			return live, err
		}
		p.engine.Status(u, fmt.Sprintf("waiting to be created: %v", err))
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(creationRetries[attempt]):
		}
		if meta.IsNoMatchError(err) {
			p.cluster.rediscover()
		}
	}
}

func (p *provider) createOnce(ctx context.Context, u string, object *unstructured.Unstructured, manager string, seconds float64) (*unstructured.Unstructured, error) {
	if !isPatch(urn.URN(u)) && !p.settings.upsertExistingObjects {
		client, mapping, err := p.cluster.resource(object)
		if err != nil {
			return nil, err
		}
		existing, err := client.Get(ctx, object.GetName(), metav1.GetOptions{})
		if err == nil && existing.GetDeletionTimestamp() != nil {
			// What goes away, such as the object that this one replaces, is in the way only for a while.
			err = p.watch().Gone(ctx, mapping, existing, timeoutOf(object, seconds), func(message string) { p.engine.Status(u, message) })
			if err != nil {
				return nil, err
			}
			existing, err = client.Get(ctx, object.GetName(), metav1.GetOptions{})
		}
		switch {
		case err == nil && !ownedBy(existing, manager):
			return nil, alreadyExists(object)
		case err != nil && !apierrors.IsNotFound(err):
			return nil, err
		}
	}
	return p.apply(ctx, object, applyOptions{manager: manager, force: p.forced(object)})
}

// ownedBy tells whether this manager made the object. An apply that set no field, such as that of a Namespace with only
// a name, leaves no trace: an object that nobody owns a field of was made so, and no other client makes such objects.
func ownedBy(object *unstructured.Unstructured, manager string) bool {
	if len(object.GetManagedFields()) == 0 {
		return true
	}
	for _, entry := range object.GetManagedFields() {
		if entry.Manager == manager && entry.Operation == metav1.ManagedFieldsOperationApply {
			return true
		}
	}
	return false
}

func alreadyExists(object *unstructured.Unstructured) error {
	return fmt.Errorf("%s exists already, and not by this resource. "+
		"If the resource was renamed, give it an alias to its old name; to adopt the object, use `pulumi import` or set kubernetes:upsertExistingObjects; "+
		"to change some of its fields only, use a %sPatch resource", describe(object), object.GetKind())
}

var previewOptions = metav1.CreateOptions{
	DryRun: []string{metav1.DryRunAll}, FieldManager: fieldManagerStart + "preview", FieldValidation: metav1.FieldValidationStrict,
}

// isMistake tells whether the object itself is wrong, wherever it goes.
func isMistake(err error) bool { return apierrors.IsInvalid(err) || apierrors.IsBadRequest(err) }

func namespaceMissing(err error, object *unstructured.Unstructured) bool {
	var status apierrors.APIStatus
	return apierrors.IsNotFound(err) && errors.As(err, &status) && status.Status().Details != nil &&
		status.Status().Details.Kind == "namespaces" && object.GetNamespace() != metav1.NamespaceDefault
}

// previewCreate lets the server complete and judge the object without keeping it. Where it cannot, because the
// namespace or kind is only about to be created or the cluster is out of reach, the preview shows the inputs.
func (p *provider) previewCreate(ctx context.Context, req *pulumirpc.CreateRequest, inputs resource.PropertyMap, wanted map[string]any) (*pulumirpc.CreateResponse, error) {
	guess := deepCopy(wanted).(map[string]any)
	hideInvented(guess, wanted)
	expected, err := checkpoint(inputs, guess, fieldManagerOf(inputs, req.GetUrn(), known(wanted)))
	if err != nil {
		return nil, err
	}
	asIs := &pulumirpc.CreateResponse{Properties: expected}
	if err := p.cluster.reach(); err != nil {
		p.warnUnreachable(err)
		return asIs, nil
	}
	if hasUnknown(wanted) || isPatch(urn.URN(req.GetUrn())) {
		return asIs, nil
	}
	object := known(wanted)
	client, _, err := p.cluster.resource(object)
	if err != nil {
		return asIs, nil
	}
	live, err := client.Create(ctx, object, previewOptions)
	if namespaceMissing(err, object) {
		// The namespace comes with the same program. What is wrong with the object shows in another one as well.
		object.SetNamespace(metav1.NamespaceDefault)
		if client, _, err = p.cluster.resource(object); err == nil {
			_, err = client.Create(ctx, object, previewOptions)
		}
		if isMistake(err) {
			return nil, explain(err, known(wanted), "")
		}
		return asIs, nil
	}
	switch {
	case isMistake(err):
		return nil, explain(err, object, "")
	case err != nil:
		// The object is about to be replaced, or this user may not do dry runs.
		return asIs, nil
	}
	delete(live.Object, "status")
	hideInvented(live.Object, wanted)
	state, err := checkpoint(inputs, live.Object, fieldManagerOf(inputs, req.GetUrn(), object))
	return &pulumirpc.CreateResponse{Properties: state}, err
}

// invented are the fields that a server fills itself: a preview must neither show a dry run's values as facts, nor let
// the program take them for absent.
var invented = map[string][]string{
	"metadata": {"uid", "creationTimestamp", "resourceVersion"},
	"spec":     {"clusterIP", "clusterIPs"},
}

func hideInvented(live, wanted map[string]any) {
	isService := wanted["kind"] == "Service" && wanted["apiVersion"] == "v1"
	for part, fields := range invented {
		object, ok := live[part].(map[string]any)
		if !ok || (part == "spec" && !isService) {
			continue
		}
		for _, field := range fields {
			if _, given := at(wanted, []any{part, field}); !given {
				object[field] = unknown{}
			}
		}
	}
	if !isService {
		return
	}
	ports, _ := at(live, []any{"spec", "ports"})
	list, _ := ports.([]any)
	for i, port := range list {
		fields, ok := port.(map[string]any)
		if _, given := at(wanted, []any{"spec", "ports", i, "nodePort"}); ok && !given && fields["nodePort"] != nil {
			fields["nodePort"] = unknown{}
		}
	}
}
