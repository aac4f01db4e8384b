package kube

import (
	"errors"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// takeOverFromClients tells whether every field in conflict belongs to a tool that wrote it on behalf of the person who
// now runs this program, and none to a controller or to another resource of a program.
func takeOverFromClients(err error) bool {
	var status apierrors.APIStatus
	if !apierrors.IsConflict(err) || !errors.As(err, &status) || status.Status().Details == nil {
		return false
	}
	conflicts := 0
	for _, cause := range status.Status().Details.Causes {
		if cause.Type != metav1.CauseTypeFieldManagerConflict {
			continue
		}
		conflicts++
		if !isTool(cause.Message) {
			return false
		}
	}
	return conflicts > 0
}

// isTool reads the manager from `conflict with "kubectl-client-side-apply" using apps/v1`. The official provider creates
// objects as pulumi-kubernetes, and owns the fields of each resource under a longer name from the first update on.
func isTool(message string) bool {
	_, rest, _ := strings.Cut(message, `"`)
	manager, _, _ := strings.Cut(rest, `"`)
	switch manager {
	case "before-first-apply", "pulumi-kubernetes", "pulumi-resource-kubernetes":
		return true
	}
	return strings.HasPrefix(manager, "kubectl")
}
