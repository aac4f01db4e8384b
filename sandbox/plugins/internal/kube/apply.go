package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

type applyOptions struct {
	// manager owns the fields that are applied.
	manager string
	dryRun  bool
	// force takes over fields that others own.
	force bool
}

// apply sends the object as the whole of what its manager wants.
func (p *provider) apply(ctx context.Context, object *unstructured.Unstructured, o applyOptions) (*unstructured.Unstructured, error) {
	client, mapping, err := p.cluster.resource(object)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(object.Object)
	if err != nil {
		return nil, err
	}
	options := metav1.PatchOptions{FieldManager: o.manager, Force: &o.force, FieldValidation: metav1.FieldValidationStrict}
	if o.dryRun {
		options.DryRun = []string{metav1.DryRunAll}
	}
	applied, err := client.Patch(ctx, object.GetName(), types.ApplyPatchType, body, options)
	if err != nil {
		return nil, explain(err, object, o.manager)
	}
	if mapping.Resource.Resource == "customresourcedefinitions" && !o.dryRun {
		p.cluster.rediscover()
	}
	return applied, nil
}

// forced tells whether this object may take fields from other managers.
func (p *provider) forced(object *unstructured.Unstructured) bool {
	return p.settings.enablePatchForce || object.GetAnnotations()["pulumi.com/patchForce"] == "true"
}

// explained is an API server's error with words for people. It keeps the original for errors.As.
type explained struct {
	message string
	cause   error
}

func (e *explained) Error() string { return e.message }
func (e *explained) Unwrap() error { return e.cause }

// Status keeps apierrors.IsInvalid and its like working.
func (e *explained) Status() metav1.Status {
	var status apierrors.APIStatus
	if errors.As(e.cause, &status) {
		return status.Status()
	}
	return metav1.Status{}
}

func describe(object *unstructured.Unstructured) string {
	if object.GetNamespace() == "" {
		return object.GetKind() + " " + object.GetName()
	}
	return object.GetKind() + " " + object.GetNamespace() + "/" + object.GetName()
}

// explain names the object and, for conflicts, who owns what and how to go on.
func explain(err error, object *unstructured.Unstructured, manager string) error {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil {
		return err
	}
	if apierrors.IsInvalid(err) {
		return &explained{cause: err, message: describe(object) + " is invalid: " + causesOf(status.Status().Details.Causes)}
	}
	if !apierrors.IsConflict(err) {
		return err
	}
	var owners []string
	for _, cause := range status.Status().Details.Causes {
		if cause.Type == metav1.CauseTypeFieldManagerConflict {
			owners = append(owners, fmt.Sprintf("%s: %s", strings.TrimPrefix(cause.Field, "."), cause.Message))
		}
	}
	if len(owners) == 0 {
		return err
	}
	return &explained{cause: err, message: fmt.Sprintf(
		"%s has fields that others own and that this program (field manager %s) wants to change:\n  %s\n"+
			"Leave these fields out of the program, or add the annotation pulumi.com/patchForce: \"true\" to take them over.",
		describe(object), manager, strings.Join(owners, "\n  "))}
}

// longCause is where the server's copy of a whole pod template begins to hide what is wrong with it.
const longCause = 300

func causesOf(causes []metav1.StatusCause) string {
	var texts []string
	for _, cause := range causes {
		message := cause.Message
		if len(message) > longCause {
			message = message[:longCause/3] + " ... " + message[len(message)-longCause*2/3:]
		}
		texts = append(texts, cause.Field+": "+message)
	}
	return strings.Join(texts, "; ")
}
