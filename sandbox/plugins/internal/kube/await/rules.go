package await

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

var rules = map[schema.GroupKind]rule{
	{Group: "apps", Kind: "Deployment"}:                               {deploymentRule, []schema.GroupVersionResource{replicaSets, pods, events}},
	{Group: "apps", Kind: "StatefulSet"}:                              {workloadRule, []schema.GroupVersionResource{pods, events}},
	{Group: "apps", Kind: "DaemonSet"}:                                {workloadRule, []schema.GroupVersionResource{pods, events}},
	{Group: "apps", Kind: "ReplicaSet"}:                               {workloadRule, []schema.GroupVersionResource{pods, events}},
	{Group: "batch", Kind: "Job"}:                                     {jobRule, []schema.GroupVersionResource{pods, events}},
	{Kind: "Pod"}:                                                     {podRule, []schema.GroupVersionResource{events}},
	{Kind: "ReplicationController"}:                                   {workloadRule, []schema.GroupVersionResource{pods, events}},
	{Kind: "PersistentVolumeClaim"}:                                   {claimRule, []schema.GroupVersionResource{events}},
	{Kind: "Service"}:                                                 {serviceRule, []schema.GroupVersionResource{endpointSlices, events}},
	{Kind: "Namespace"}:                                               {namespaceRule, nil},
	{Group: "networking.k8s.io", Kind: "Ingress"}:                     {ingressRule, []schema.GroupVersionResource{services, endpointSlices, events}},
	{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}: {byStatus, nil},
}

// byStatus reads an object's own status by the conventions that kstatus knows.
func byStatus(v *view) verdict {
	result, err := status.Compute(v.object)
	if err != nil {
		return verdict{message: err.Error()}
	}
	return verdict{
		ready:   result.Status == status.CurrentStatus,
		failed:  result.Status == status.FailedStatus,
		message: result.Message,
	}
}

// workloadRule adds to the object's own status what its pods say.
func workloadRule(v *view) verdict {
	result := byStatus(v)
	result.hold = holdFor(v.object, "spec", "template", "spec", "containers")
	if !result.ready {
		v.blame(&result, v.object, v.podsOf(v.object))
	}
	return result
}

// unprobed is how long pods without a readiness probe must stay up to count as ready: Kubernetes calls such a pod
// ready as soon as it runs, also when it is about to crash.
const unprobed = 3 * time.Second

func holdFor(object *unstructured.Unstructured, path ...string) time.Duration {
	for _, container := range list(object.Object, path...) {
		if container["readinessProbe"] == nil {
			return unprobed
		}
	}
	return 0
}

// deploymentRule looks at the pods of the newest revision only: those of older ones are on their way out.
func deploymentRule(v *view) verdict {
	result := byStatus(v)
	result.hold = holdFor(v.object, "spec", "template", "spec", "containers")
	if result.ready {
		return result
	}
	var newest *unstructured.Unstructured
	for _, set := range v.related[replicaSets].indexed(byOwner, string(v.object.GetUID())) {
		if newest == nil || revision(set) > revision(newest) {
			newest = set
		}
	}
	if result.failed && !failedNow(v.object, newest) {
		result.failed, result.message = false, "rolling out anew after a rollout that failed"
	}
	if newest == nil {
		v.blame(&result, v.object, nil)
	} else {
		v.blame(&result, newest, v.podsOf(newest))
	}
	return result
}

// failedNow tells whether an exceeded deadline is that of the present rollout. A Deployment whose template was put right
// goes on saying that the last rollout failed until the new one gets somewhere; the condition names its ReplicaSet.
func failedNow(deployment, newest *unstructured.Unstructured) bool {
	c := condition(deployment.Object, "Progressing")
	if c == nil || c["reason"] != "ProgressDeadlineExceeded" || !strings.Contains(text(c, "message"), "ReplicaSet ") {
		return true
	}
	// The watch of ReplicaSets may be behind that of Deployments, so that the newest one known is the failed one.
	return newest != nil && revision(newest) >= revision(deployment) &&
		strings.Contains(text(c, "message"), strconv.Quote(newest.GetName()))
}

func revision(object *unstructured.Unstructured) int {
	value, _ := strconv.Atoi(object.GetAnnotations()["deployment.kubernetes.io/revision"])
	return value
}

// jobRule waits for the end of the Job: what it does is done only then.
func jobRule(v *view) verdict {
	if c := condition(v.object.Object, "Complete"); c != nil && c["status"] == "True" {
		return verdict{ready: true}
	}
	if suspended, _, _ := unstructured.NestedBool(v.object.Object, "spec", "suspend"); suspended {
		return verdict{ready: true, message: "suspended"}
	}
	result := verdict{message: fmt.Sprintf("%d of %d pods succeeded, %d active, %d failed",
		number(v.object.Object, "status", "succeeded"), max(number(v.object.Object, "spec", "completions"), 1),
		number(v.object.Object, "status", "active"), number(v.object.Object, "status", "failed"))}
	if c := condition(v.object.Object, "Failed"); c != nil && c["status"] == "True" {
		result.failed = true
		result.message = fmt.Sprintf("%v: %v", c["reason"], c["message"])
	}
	v.blame(&result, v.object, v.podsOf(v.object))
	return result
}

func podRule(v *view) verdict {
	switch phase := text(v.object.Object, "status", "phase"); phase {
	case "Succeeded":
		return verdict{ready: true}
	case "Failed":
		return verdict{failed: true, message: "its containers ended with an error", problems: v.podProblems(v.object)}
	default:
		if c := condition(v.object.Object, "Ready"); c != nil && c["status"] == "True" {
			return verdict{ready: true, hold: holdFor(v.object, "spec", "containers")}
		}
		result := verdict{message: "pod is " + strings.ToLower(phase)}
		v.blame(&result, nil, []*unstructured.Unstructured{v.object})
		return result
	}
}

// namespaceRule: a namespace that still goes away cannot take new objects.
func namespaceRule(v *view) verdict {
	phase := text(v.object.Object, "status", "phase")
	return verdict{ready: phase == "" || phase == "Active", message: "namespace is " + strings.ToLower(phase)}
}

func (v *view) podsOf(owner *unstructured.Unstructured) []*unstructured.Unstructured {
	found := v.related[pods].indexed(byOwner, string(owner.GetUID()))
	sort.Slice(found, func(i, j int) bool { return found[i].GetName() < found[j].GetName() })
	return found
}

// blame adds what the controller could not do and what ails the pods, each ailment once.
func (v *view) blame(result *verdict, controller *unstructured.Unstructured, pods []*unstructured.Unstructured) {
	if controller != nil {
		result.problems = append(result.problems, v.controllerProblems(controller)...)
	}
	for _, pod := range pods {
		result.problems = append(result.problems, v.podProblems(pod)...)
	}
	sort.SliceStable(result.problems, func(i, j int) bool { return result.problems[i].weight > result.problems[j].weight })
	for _, p := range result.problems {
		result.failed = result.failed || p.hopeless
	}
}
