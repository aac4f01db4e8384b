package await

import (
	"context"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
)

const (
	// problemsShown keeps a Deployment of fifty pods that all lack the same image readable.
	problemsShown = 3
	// logLines of each failing container are shown.
	logLines   = 10
	logTimeout = 5 * time.Second
)

// failure gathers the details that are only worth a request once it is clear that something failed.
func (v *view) failure(headline string, last verdict) *Failure {
	f := &Failure{Headline: headline}
	for i, p := range last.problems {
		if i == problemsShown {
			f.Details = append(f.Details, fmt.Sprintf("and %d more like these", len(last.problems)-problemsShown))
			break
		}
		f.Details = append(f.Details, p.message+v.lastLines(p.logs))
	}
	return f
}

func (v *view) lastLines(ref *containerRef) string {
	if ref == nil || v.watcher.logs == nil {
		return ""
	}
	// The call's own context may be what has just ended.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.ctx), logTimeout)
	defer cancel()
	output, err := v.watcher.logs(ctx, ref.namespace, ref.pod, ref.container, ref.previous, logLines)
	if err != nil || output == "" {
		return ""
	}
	return ". Its last lines:\n    " + strings.ReplaceAll(output, "\n", "\n    ")
}

func (w *Watcher) clientFor(mapping *meta.RESTMapping, object *unstructured.Unstructured) dynamic.ResourceInterface {
	client := w.client.Resource(mapping.Resource)
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		return client.Namespace(object.GetNamespace())
	}
	return client
}

func ignoreNotFound(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
