package kube

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"ai-platform/sandbox/plugins/internal/props"
)

const (
	annotationAutonamed = "pulumi.com/autonamed"
	patchSuffix         = "Patch"
)

// Check completes the inputs: kind, namespace, and a name where none is given. It needs no cluster.
func (p *provider) Check(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	inputs, err := props.Read(req.GetNews())
	if err != nil {
		return nil, err
	}
	olds, err := props.Read(req.GetOlds())
	if err != nil {
		return nil, err
	}
	u := urn.URN(req.GetUrn())
	if strings.HasPrefix(string(u.Type()), "kubernetes:helm.sh/") || strings.HasPrefix(string(u.Type()), "kubernetes:kustomize/") {
		return nil, fmt.Errorf("%s is no Kubernetes object: the provider of the sandbox knows neither Helm nor Kustomize; use typed resources, or install the official plugin", u.Type())
	}
	if err := fillKind(u, inputs); err != nil {
		return nil, err
	}
	gvk := known(toObject(inputs)).GroupVersionKind()
	if strings.HasSuffix(gvk.Kind, "List") && len(olds) == 0 && isListKind(inputs) {
		return nil, fmt.Errorf("%s is a list: create the objects in it as resources of their own", gvk.Kind)
	}
	if err := fillMetadata(req, u, inputs, olds); err != nil {
		return &pulumirpc.CheckResponse{Inputs: req.GetNews(), Failures: []*pulumirpc.CheckFailure{
			{Property: "metadata", Reason: err.Error()},
		}}, nil
	}
	if p.cluster.namespaced(gvk) {
		fillNamespace(inputs, p.cluster.namespace)
	}
	markSecrets(gvk, inputs)
	bag, err := props.Write(inputs)
	return &pulumirpc.CheckResponse{Inputs: bag}, err
}

// fillKind sets apiVersion and kind from the type token where the program leaves them out.
func fillKind(u urn.URN, inputs resource.PropertyMap) error {
	gvk, err := kindOf(u)
	if err != nil {
		return err
	}
	if _, set := nested(inputs, "apiVersion"); !set {
		inputs["apiVersion"] = resource.NewStringProperty(gvk.GroupVersion().String())
	}
	if _, set := nested(inputs, "kind"); !set {
		inputs["kind"] = resource.NewStringProperty(gvk.Kind)
	}
	return nil
}

// kindOf reads a type token such as `kubernetes:apps/v1:Deployment`; the core group is spelled `core` there.
func kindOf(u urn.URN) (schema.GroupVersionKind, error) {
	parts := strings.Split(string(u.Type()), ":")
	if len(parts) != 3 {
		return schema.GroupVersionKind{}, fmt.Errorf("%s is not the type of a Kubernetes object", u.Type())
	}
	group, version, qualified := strings.Cut(parts[1], "/")
	switch {
	case !qualified:
		group, version = "", group
	case group == "core":
		group = ""
	}
	kind := parts[2]
	if isPatch(u) {
		kind = strings.TrimSuffix(kind, patchSuffix)
	}
	return schema.GroupVersionKind{Group: group, Version: version, Kind: kind}, nil
}

// isPatch tells whether the resource only sets some fields of an object that someone else owns, as DeploymentPatch does.
func isPatch(u urn.URN) bool {
	_, kind, _ := strings.Cut(u.Type().DisplayName(), ":")
	kind = kind[strings.LastIndex(kind, ":")+1:]
	return strings.HasSuffix(kind, patchSuffix) && kind != patchSuffix
}

func isListKind(inputs resource.PropertyMap) bool {
	_, hasItems := nested(inputs, "items")
	return hasItems
}

// fillMetadata names an object that has no name: the resource's name and a random suffix, kept for its lifetime.
func fillMetadata(req *pulumirpc.CheckRequest, u urn.URN, inputs, olds resource.PropertyMap) error {
	metadata, set := inputs["metadata"]
	if !set || metadata.IsNull() {
		metadata = resource.NewObjectProperty(resource.PropertyMap{})
		inputs["metadata"] = metadata
	}
	metadata = props.Unwrap(metadata)
	if !metadata.IsObject() {
		return nil
	}
	if _, named := nested(inputs, "metadata", "name"); named {
		return nil
	}
	if isPatch(u) {
		return errors.New("name is required: a patch changes an object that exists")
	}
	if _, generated := nested(inputs, "metadata", "generateName"); generated {
		return errors.New("generateName does not go with server-side apply: give a name, or none for a name of the resource's own with a random suffix")
	}
	name := ""
	if old, had := nested(olds, "metadata", "name"); had && autonamed(olds) {
		name = props.Unwrap(old).StringValue()
	} else {
		var err error
		if name, err = autoname(req, u); err != nil {
			return err
		}
	}
	fields := metadata.ObjectValue()
	fields["name"] = resource.NewStringProperty(name)
	annotations := props.Unwrap(fields["annotations"])
	switch {
	case annotations.IsObject():
		annotations.ObjectValue()[annotationAutonamed] = resource.NewStringProperty("true")
	case !annotations.IsComputed() && !annotations.IsOutput():
		fields["annotations"] = resource.NewObjectProperty(resource.PropertyMap{annotationAutonamed: resource.NewStringProperty("true")})
	}
	return nil
}

func autoname(req *pulumirpc.CheckRequest, u urn.URN) (string, error) {
	switch options := req.GetAutonaming(); {
	case options == nil:
	case options.GetMode() == pulumirpc.CheckRequest_AutonamingOptions_DISABLE:
		return "", errors.New("name is required: this stack's configuration turns automatic naming off")
	case options.GetProposedName() != "":
		return options.GetProposedName(), nil
	}
	return resource.NewUniqueName(req.GetRandomSeed(), u.Name()+"-", 0, 0, nil)
}

func autonamed(bag resource.PropertyMap) bool {
	value, set := nested(bag, "metadata", "annotations", annotationAutonamed)
	return set && props.Unwrap(value).IsString() && props.Unwrap(value).StringValue() == "true"
}

func fillNamespace(inputs resource.PropertyMap, namespace string) {
	if _, set := nested(inputs, "metadata", "namespace"); set {
		return
	}
	if metadata := props.Unwrap(inputs["metadata"]); metadata.IsObject() {
		metadata.ObjectValue()["namespace"] = resource.NewStringProperty(namespace)
	}
}
