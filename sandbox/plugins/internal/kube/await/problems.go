package await

import (
	"fmt"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// problem is one thing that stands in the way, in words.
type problem struct {
	message string
	// weight puts causes before their consequences.
	weight int
	// hopeless means that only a change of the program helps.
	hopeless bool
	// logs names the container whose last lines tell more.
	logs *containerRef
}

type containerRef struct {
	namespace, pod, container string
	previous                  bool
}

const (
	weightImage = 50 - 10*iota
	weightConfig
	weightCrash
	weightSchedule
	weightProbe
)

// podProblems reads what a pod's own status and its events say, in the order in which a pod starts.
func (v *view) podProblems(pod *unstructured.Unstructured) []problem {
	if text(pod.Object, "status", "phase") == "Succeeded" || pod.GetDeletionTimestamp() != nil {
		return nil
	}
	name := describe(pod)
	if c := condition(pod.Object, "PodScheduled"); c != nil && c["status"] == "False" {
		return []problem{{weight: weightSchedule, message: fmt.Sprintf("%s cannot be scheduled (%v): %v", name, c["reason"], c["message"])}}
	}
	var found []problem
	notReady := false
	for _, field := range []string{"initContainerStatuses", "containerStatuses"} {
		for _, container := range list(pod.Object, "status", field) {
			if p, ok := v.containerProblem(pod, name, container); ok {
				found = append(found, p)
			}
			if field == "containerStatuses" && container["ready"] != true {
				notReady = true
			}
		}
	}
	if len(found) > 0 || !notReady && len(list(pod.Object, "status", "containerStatuses")) > 0 {
		return found
	}
	return v.warnings(pod)
}

func (v *view) containerProblem(pod *unstructured.Unstructured, name string, container map[string]any) (problem, bool) {
	ref := &containerRef{namespace: pod.GetNamespace(), pod: pod.GetName(), container: text(container, "name")}
	start := fmt.Sprintf("%s, container %s: ", name, ref.container)
	reason, message := text(container, "state", "waiting", "reason"), text(container, "state", "waiting", "message")
	switch reason {
	case "":
	case "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable", "ImageInspectError":
		if reason == "ErrImagePull" {
			reason = "ImagePullBackOff" // the two take turns, with the same cause
		}
		if _, cause, found := strings.Cut(message, "ErrImagePull: "); found {
			message = cause
		}
		return problem{
			weight: weightImage, hopeless: reason == "InvalidImageName",
			message: fmt.Sprintf("%simage %q cannot be used (%s): %s", start, text(container, "image"), reason, message),
		}, true
	case "CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError":
		return problem{weight: weightConfig, message: fmt.Sprintf("%s%s: %s", start, reason, message)}, true
	}
	ended, previous := "state", false
	if reason == "CrashLoopBackOff" || text(container, "state", "terminated", "reason") == "" {
		ended, previous = "lastState", true
	}
	code := number(container, ended, "terminated", "exitCode")
	crashed := code != 0 && container["ready"] != true
	if reason != "CrashLoopBackOff" && !crashed {
		return problem{}, false
	}
	ref.previous = previous && text(container, "state", "running", "startedAt") != ""
	end := fmt.Sprintf("ended with exit code %d (%s)", code, text(container, ended, "terminated", "reason"))
	if own := text(container, ended, "terminated", "message"); own != "" {
		end += ": " + strings.TrimSpace(own)
	}
	if restarts := number(container, "restartCount"); restarts > 0 {
		end += fmt.Sprintf(", restarted %d times", restarts)
	}
	if reason == "CrashLoopBackOff" {
		end += " (CrashLoopBackOff)"
	}
	return problem{weight: weightCrash, message: start + end, logs: ref}, true
}

// controllerProblems are those of whoever makes the pods: quota, admission, Pod Security.
func (v *view) controllerProblems(controller *unstructured.Unstructured) []problem {
	if c := condition(controller.Object, "ReplicaFailure"); c != nil && c["status"] == "True" {
		return []problem{{weight: weightConfig, message: fmt.Sprintf("%s: %v: %v", describe(controller), c["reason"], c["message"])}}
	}
	if message := v.lastEvent(controller, "FailedCreate"); message != "" && len(v.podsOf(controller)) == 0 {
		return []problem{{weight: weightConfig, message: fmt.Sprintf("%s: FailedCreate: %s", describe(controller), message)}}
	}
	return nil
}

// warnings is the newest warning event about an object: a probe that fails, a volume that cannot be mounted.
func (v *view) warnings(object *unstructured.Unstructured) []problem {
	var newest *unstructured.Unstructured
	for _, event := range v.eventsOf(object) {
		if text(event.Object, "type") == "Warning" {
			newest = event
		}
	}
	if newest == nil {
		return nil
	}
	reason, message := text(newest.Object, "reason"), strings.TrimSpace(text(newest.Object, "message"))
	p := problem{weight: weightProbe, message: fmt.Sprintf("%s: %s: %s", describe(object), reason, message)}
	if _, container, found := strings.Cut(text(newest.Object, "involvedObject", "fieldPath"), "{"); found && reason == "Unhealthy" {
		p.logs = &containerRef{namespace: object.GetNamespace(), pod: object.GetName(), container: strings.TrimSuffix(container, "}")}
	}
	return []problem{p}
}

func (v *view) lastEvent(object *unstructured.Unstructured, reason string) string {
	message := ""
	for _, event := range v.eventsOf(object) {
		if text(event.Object, "reason") == reason {
			message = text(event.Object, "message")
		}
	}
	return message
}

// eventsOf lists an object's events, the oldest first.
func (v *view) eventsOf(object *unstructured.Unstructured) []*unstructured.Unstructured {
	source, watched := v.related[events]
	if !watched {
		return nil
	}
	found := source.indexed(byTarget, string(object.GetUID()))
	sort.Slice(found, func(i, j int) bool { return eventTime(found[i]) < eventTime(found[j]) })
	return found
}

// eventTime compares as text: RFC 3339 in UTC sorts by time.
func eventTime(event *unstructured.Unstructured) string {
	for _, path := range [][]string{{"series", "lastObservedTime"}, {"lastTimestamp"}, {"eventTime"}} {
		if at := text(event.Object, path...); at != "" {
			return at
		}
	}
	return event.GetCreationTimestamp().UTC().Format("2006-01-02T15:04:05Z")
}
