package kube

import (
	"context"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"ai-platform/sandbox/plugins/internal/props"
)

// Delete removes the object and what it owns, and waits until it is gone.
func (p *provider) Delete(ctx context.Context, req *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	done := &emptypb.Empty{}
	state, err := props.Read(req.GetProperties())
	if err != nil {
		return nil, err
	}
	if err := p.cluster.reach(); err != nil {
		if p.settings.deleteUnreachable {
			return done, nil
		}
		return nil, fmt.Errorf("%w. If the cluster is gone for good, run this again with PULUMI_K8S_DELETE_UNREACHABLE=true to drop its resources from state", err)
	}
	ctx, cancel := p.running(ctx)
	defer cancel()

	object := known(toObject(state))
	if isPatch(urn.URN(req.GetUrn())) {
		return done, p.relinquish(ctx, object, fieldManagerOf(state, req.GetUrn(), object))
	}
	client, mapping, err := p.cluster.resource(object)
	if meta.IsNoMatchError(err) {
		return done, nil
	} else if err != nil {
		return nil, err
	}
	policy := propagation(object)
	err = client.Delete(ctx, object.GetName(), metav1.DeleteOptions{PropagationPolicy: &policy})
	if apierrors.IsNotFound(err) {
		return done, nil
	} else if err != nil {
		return nil, err
	}
	if object.GetAnnotations()[annotationSkipAwait] == "true" && skipsDeletion[object.GetKind()] {
		return done, nil
	}
	err = p.watch().Gone(ctx, mapping, object, timeoutOf(object, req.GetTimeout()), func(message string) {
		p.engine.Status(req.GetUrn(), message)
	})
	if err != nil {
		return nil, err
	}
	if mapping.Resource.Resource == "customresourcedefinitions" {
		p.cluster.rediscover()
	}
	return done, nil
}

// skipsDeletion lists the kinds for which skipAwait also means not to wait for the deletion, as in the official provider.
var skipsDeletion = set("Namespace", "Pod", "ReplicationController", "DaemonSet", "Deployment", "StatefulSet", "Job")

func propagation(object *unstructured.Unstructured) metav1.DeletionPropagation {
	switch strings.ToLower(object.GetAnnotations()["pulumi.com/deletionPropagationPolicy"]) {
	case "orphan":
		return metav1.DeletePropagationOrphan
	case "background":
		return metav1.DeletePropagationBackground
	}
	return metav1.DeletePropagationForeground
}

// relinquish gives up the fields of a patch: those that nobody else wants go back to their defaults.
func (p *provider) relinquish(ctx context.Context, object *unstructured.Unstructured, manager string) error {
	bare := &unstructured.Unstructured{Object: map[string]any{}}
	bare.SetGroupVersionKind(object.GroupVersionKind())
	bare.SetName(object.GetName())
	bare.SetNamespace(object.GetNamespace())
	client, _, err := p.cluster.resource(bare)
	if err != nil {
		return err
	}
	if _, err := client.Get(ctx, bare.GetName(), metav1.GetOptions{}); apierrors.IsNotFound(err) {
		return nil
	}
	_, err = p.apply(ctx, bare, applyOptions{manager: manager, force: true})
	return err
}
