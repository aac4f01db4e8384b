package kube

import (
	"context"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"ai-platform/sandbox/plugins/internal/props"
)

// identifier is a resource's id in state: namespace/name, or the name alone.
func identifier(object *unstructured.Unstructured) string {
	if object.GetNamespace() == "" {
		return object.GetName()
	}
	return object.GetNamespace() + "/" + object.GetName()
}

// Read serves refresh, import and `get`. An object that is gone is answered by an empty id.
func (p *provider) Read(ctx context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	state, err := props.Read(req.GetProperties())
	if err != nil {
		return nil, err
	}
	inputs, err := props.Read(req.GetInputs())
	if err != nil {
		return nil, err
	}
	if err := p.cluster.reach(); err != nil {
		switch {
		case p.settings.deleteUnreachable:
			return &pulumirpc.ReadResponse{}, nil
		case p.settings.skipUpdateUnreachable:
			p.warnUnreachable(err)
			return &pulumirpc.ReadResponse{Id: req.GetId(), Properties: req.GetProperties(), Inputs: req.GetInputs()}, nil
		}
		return nil, fmt.Errorf("%w. If the cluster is gone for good, run this again with PULUMI_K8S_DELETE_UNREACHABLE=true to drop its resources from state", err)
	}
	adopted := len(inputs) == 0 || len(toObject(inputs)) == 0
	object, err := subject(req, inputs, state)
	if err != nil {
		return nil, err
	}
	client, mapping, err := p.cluster.resource(object)
	if meta.IsNoMatchError(err) {
		return &pulumirpc.ReadResponse{}, nil
	} else if err != nil {
		return nil, err
	}
	live, err := client.Get(ctx, object.GetName(), metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return &pulumirpc.ReadResponse{}, nil
	} else if err != nil {
		return nil, err
	}
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace && live.GetNamespace() == "" {
		live.SetNamespace(object.GetNamespace())
	}
	given := inputs
	if adopted {
		given = fromObject(adoptedInputs(live.Object))
		markSecrets(live.GroupVersionKind(), given)
	} else {
		given = fromObject(refreshedInputs(live.Object, toObject(inputs)))
		copySecrets(given, inputs)
		markSecrets(live.GroupVersionKind(), given)
	}
	newState, err := checkpoint(given, live.Object, fieldManagerOf(state, req.GetUrn(), object))
	if err != nil {
		return nil, err
	}
	newInputs, err := props.Write(given)
	return &pulumirpc.ReadResponse{Id: req.GetId(), Properties: newState, Inputs: newInputs}, err
}

// subject is the object that the id names, of the kind that state or the resource's type tells.
func subject(req *pulumirpc.ReadRequest, inputs, state resource.PropertyMap) (*unstructured.Unstructured, error) {
	namespace, name, qualified := strings.Cut(req.GetId(), "/")
	if !qualified {
		namespace, name = "", req.GetId()
	}
	object := &unstructured.Unstructured{Object: map[string]any{}}
	for _, bag := range []resource.PropertyMap{inputs, state} {
		if version := props.String(bag, "apiVersion"); version != "" {
			object.SetAPIVersion(version)
			object.SetKind(props.String(bag, "kind"))
			break
		}
	}
	if object.GetKind() == "" {
		gvk, err := kindOf(urn.URN(req.GetUrn()))
		if err != nil {
			return nil, err
		}
		object.SetGroupVersionKind(gvk)
	}
	object.SetName(name)
	object.SetNamespace(namespace)
	return object, nil
}

// refreshedInputs are the program's inputs with the values that the cluster has now, so that drift shows as a change.
// Fields that a server does not give back keep the program's value.
func refreshedInputs(live, inputs map[string]any) map[string]any {
	refreshed, _ := prune(normalized(live), withoutEmpty(inputs)).(map[string]any)
	for _, key := range []string{"apiVersion", "kind"} {
		refreshed[key] = inputs[key]
	}
	if text, ok := inputs["stringData"].(map[string]any); ok {
		refreshed["stringData"] = refreshedText(live, text)
	}
	return refreshed
}

func withoutEmpty(inputs map[string]any) map[string]any {
	kept := make(map[string]any, len(inputs))
	for key, value := range inputs {
		if !empty(value) {
			kept[key] = value
		}
	}
	return kept
}

// adoptedInputs are all fields that a person could have written, for `pulumi import`.
func adoptedInputs(live map[string]any) map[string]any {
	inputs := normalized(live)
	if metadata, ok := inputs["metadata"].(map[string]any); ok {
		if annotations, ok := metadata["annotations"].(map[string]any); ok {
			delete(annotations, "deployment.kubernetes.io/revision")
			delete(annotations, "kubectl.kubernetes.io/last-applied-configuration")
			if len(annotations) == 0 {
				delete(metadata, "annotations")
			}
		}
	}
	return inputs
}
