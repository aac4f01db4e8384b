package kube

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const annotationReplaceUnready = "pulumi.com/replaceUnready"

// replaceUnready makes a difference of a Job that has not completed, where its annotation asks for that: a failed Job
// never runs again by itself, so an update of it would wait for nothing.
func (p *provider) replaceUnready(ctx context.Context, d *difference) error {
	wanted := known(d.wanted)
	if wanted.GetKind() != "Job" || wanted.GetAnnotations()[annotationReplaceUnready] != "true" || p.cluster.reach() != nil {
		return nil
	}
	object := known(d.live)
	client, _, err := p.cluster.resource(object)
	if err != nil {
		return err
	}
	live, err := client.Get(ctx, object.GetName(), metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil || completed(live) {
		return err
	}
	path := []any{"metadata", "annotations", annotationReplaceUnready}
	d.found = append(d.found, change{path: path, had: true, has: true, old: "true", new: "true"})
	d.refused = append(d.refused, pathName(path))
	return nil
}

func completed(job *unstructured.Unstructured) bool {
	conditions, _, _ := unstructured.NestedSlice(job.Object, "status", "conditions")
	for _, each := range conditions {
		condition, ok := each.(map[string]any)
		if ok && condition["type"] == "Complete" && condition["status"] == "True" {
			return true
		}
	}
	return false
}
