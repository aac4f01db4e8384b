// Package bootstrap writes the objects that a new cluster needs before it can be used.
package bootstrap

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
)

var (
	//go:embed objects.yaml
	objects []byte
	//go:embed simulated.yaml
	simulated []byte
	//go:embed kwok.yaml
	kwok []byte
)

const fieldManager = "ai-platform-node"

// resources names the resource of each kind in objects.yaml, which saves a discovery of the whole API.
var resources = map[string]schema.GroupVersionResource{
	"Service":            {Version: "v1", Resource: "services"},
	"EndpointSlice":      {Group: "discovery.k8s.io", Version: "v1", Resource: "endpointslices"},
	"StorageClass":       {Group: "storage.k8s.io", Version: "v1", Resource: "storageclasses"},
	"ClusterRole":        {Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterroles"},
	"ClusterRoleBinding": {Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterrolebindings"},
}

// Apply writes the objects of a cluster with a node; those that are there already as wanted stay as they are.
func Apply(ctx context.Context, access *rest.Config) error {
	return apply(ctx, access, kwok, objects)
}

// ApplySimulated writes the objects of a control plane whose nodes are all simulated.
func ApplySimulated(ctx context.Context, access *rest.Config) error {
	return apply(ctx, access, kwok, simulated)
}

func apply(ctx context.Context, access *rest.Config, texts ...[]byte) error {
	client, err := dynamic.NewForConfig(access)
	if err != nil {
		return err
	}
	var all []*unstructured.Unstructured
	for _, text := range texts {
		parsed, err := parse(text)
		if err != nil {
			return err
		}
		all = append(all, parsed...)
	}
	for _, object := range all {
		resource, known := resources[object.GetKind()]
		if !known {
			return fmt.Errorf("unknown kind %s", object.GetKind())
		}
		options := metav1.ApplyOptions{FieldManager: fieldManager, Force: true}
		_, err := client.Resource(resource).Namespace(object.GetNamespace()).Apply(ctx, object.GetName(), object, options)
		if err != nil {
			return fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
	return nil
}

func parse(text []byte) ([]*unstructured.Unstructured, error) {
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	var all []*unstructured.Unstructured
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(object)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("objects: %w", err)
		}
		all = append(all, object)
	}
}
