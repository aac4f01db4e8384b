package await

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/fake"
	"sigs.k8s.io/yaml"
)

var kindsOf = map[schema.GroupVersionResource]string{
	pods: "PodList", events: "EventList", services: "ServiceList", replicaSets: "ReplicaSetList",
	endpointSlices: "EndpointSliceList", storageClasses: "StorageClassList",
	resource("apps", "deployments"): "DeploymentList", resource("apps", "statefulsets"): "StatefulSetList",
	resource("batch", "jobs"): "JobList", resource("", "persistentvolumeclaims"): "PersistentVolumeClaimList",
	resource("networking.k8s.io", "ingresses"): "IngressList", resource("", "namespaces"): "NamespaceList",
	resource("example.com", "widgets"): "WidgetList",
}

func resource(group, name string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: group, Version: "v1", Resource: name}
}

func parse(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	var object map[string]any
	if err := yaml.Unmarshal([]byte(text), &object); err != nil {
		t.Fatal(err)
	}
	// The API machinery knows integers as int64 only.
	return &unstructured.Unstructured{Object: integers(object).(map[string]any)}
}

func integers(value any) any {
	switch typed := value.(type) {
	case float64:
		if typed == float64(int64(typed)) {
			return int64(typed)
		}
	case map[string]any:
		for key, item := range typed {
			typed[key] = integers(item)
		}
	case []any:
		for i, item := range typed {
			typed[i] = integers(item)
		}
	}
	return value
}

// cluster is a fake API server with the objects of a YAML stream.
func cluster(t *testing.T, stream string) (*Watcher, dynamic.Interface) {
	t.Helper()
	var objects []runtime.Object
	for document := range strings.SplitSeq(stream, "\n---\n") {
		if strings.TrimSpace(document) != "" {
			objects = append(objects, parse(t, document))
		}
	}
	client := fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), kindsOf, objects...)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	logs := func(_ context.Context, _, _, container string, _ bool, _ int) (string, error) {
		return "last line of " + container, nil
	}
	return NewWatcher(ctx, client, nil, logs), client
}

func mapping(gvr schema.GroupVersionResource, namespaced bool) *meta.RESTMapping {
	scope := meta.RESTScopeRoot
	if namespaced {
		scope = meta.RESTScopeNamespace
	}
	return &meta.RESTMapping{Resource: gvr, Scope: scope}
}

// wait runs Ready on an object that is in the cluster, and gathers what it showed on the way.
func wait(t *testing.T, w *Watcher, client dynamic.Interface, gvr schema.GroupVersionResource, name string, timeout time.Duration, waitFor string) (lines []string, err error) {
	t.Helper()
	live, err := client.Resource(gvr).Namespace("ns").Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	_, err = w.Ready(t.Context(), mapping(gvr, true), live, Options{Timeout: timeout, WaitFor: waitFor, Status: func(line string) {
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, line)
	}})
	return lines, err
}

func mustContain(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("it did not fail")
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is missing in:\n%v", part, err)
		}
	}
}

const waitingDeployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: ns, uid: d1, generation: 2}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: "x:1", readinessProbe: {}}]}}
status: {observedGeneration: 2, replicas: 1, updatedReplicas: 1, conditions: [{type: Progressing, status: "True", reason: ReplicaSetUpdated}]}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web-old, namespace: ns, uid: r1, annotations: {deployment.kubernetes.io/revision: "1"}, ownerReferences: [{uid: d1, controller: true, kind: Deployment, name: web, apiVersion: apps/v1}]}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web-new, namespace: ns, uid: r2, annotations: {deployment.kubernetes.io/revision: "2"}, ownerReferences: [{uid: d1, controller: true, kind: Deployment, name: web, apiVersion: apps/v1}]}
---
`

func pod(name, owner, status string) string {
	return `apiVersion: v1
kind: Pod
metadata: {name: ` + name + `, namespace: ns, uid: uid-` + name + `, ownerReferences: [{uid: ` + owner + `, controller: true, kind: X, name: x, apiVersion: v1}]}
spec: {containers: [{name: app, image: "x:1"}]}
status: ` + status + `
---
`
}

func TestPodProblems(t *testing.T) {
	for name, test := range map[string]struct {
		status string
		want   []string
	}{
		"image that cannot be pulled": {
			`{phase: Pending, conditions: [], containerStatuses: [{name: app, image: "x:1", ready: false, state: {waiting: {reason: ImagePullBackOff, message: "Back-off pulling image: ErrImagePull: not found"}}}]}`,
			[]string{"Pod ns/web-new-a, container app", `image "x:1"`, "ImagePullBackOff", "not found"},
		},
		"crash with exit code and last lines": {
			`{phase: Running, containerStatuses: [{name: app, image: "x:1", ready: false, restartCount: 4, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 3, reason: Error}}}]}`,
			[]string{"exit code 3 (Error)", "restarted 4 times", "CrashLoopBackOff", "last line of app"},
		},
		"secret that does not exist": {
			`{phase: Pending, containerStatuses: [{name: app, image: "x:1", ready: false, state: {waiting: {reason: CreateContainerConfigError, message: 'secret "x" not found'}}}]}`,
			[]string{"CreateContainerConfigError", `secret "x" not found`},
		},
		"no node that fits": {
			`{phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: "0/1 nodes are available: 1 Insufficient nvidia.com/gpu."}]}`,
			[]string{"cannot be scheduled", "Unschedulable", "Insufficient nvidia.com/gpu"},
		},
		"init container that fails": {
			`{phase: Pending, initContainerStatuses: [{name: migrate, image: "x:1", ready: false, state: {terminated: {exitCode: 1, reason: Error}}}], containerStatuses: [{name: app, ready: false, state: {waiting: {reason: PodInitializing}}}]}`,
			[]string{"container migrate", "exit code 1", "last line of migrate"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, client := cluster(t, waitingDeployment+pod("web-old-a", "r1", `{phase: Pending, containerStatuses: [{name: app, state: {waiting: {reason: ErrImagePull, message: OLD}}}]}`)+pod("web-new-a", "r2", test.status))
			_, err := wait(t, w, client, resource("apps", "deployments"), "web", 300*time.Millisecond, "")
			mustContain(t, err, append(test.want, "Deployment ns/web is not ready")...)
			if strings.Contains(err.Error(), "OLD") {
				t.Errorf("a pod of an old revision is blamed: %v", err)
			}
		})
	}
}

func TestProbeFailureComesFromEvents(t *testing.T) {
	w, client := cluster(t, waitingDeployment+pod("web-new-a", "r2", `{phase: Running, containerStatuses: [{name: app, image: "x:1", ready: false, state: {running: {startedAt: "2026-01-01T00:00:00Z"}}}]}`)+`apiVersion: v1
kind: Event
metadata: {name: e, namespace: ns}
type: Warning
reason: Unhealthy
message: "Readiness probe failed: HTTP probe failed with statuscode: 503"
lastTimestamp: "2026-01-01T00:00:01Z"
involvedObject: {uid: uid-web-new-a, fieldPath: "spec.containers{app}"}
`)
	_, err := wait(t, w, client, resource("apps", "deployments"), "web", 300*time.Millisecond, "")
	mustContain(t, err, "Unhealthy", "statuscode: 503", "last line of app")
}

func TestInvalidImageNameFailsAtOnce(t *testing.T) {
	w, client := cluster(t, waitingDeployment+pod("web-new-a", "r2", `{phase: Pending, containerStatuses: [{name: app, image: "X X", state: {waiting: {reason: InvalidImageName, message: bad}}}]}`))
	started := time.Now()
	_, err := wait(t, w, client, resource("apps", "deployments"), "web", time.Minute, "")
	mustContain(t, err, "failed", "InvalidImageName")
	if time.Since(started) > 10*time.Second {
		t.Error("it waited although waiting cannot help")
	}
}

func TestBecomesReadyWhileWaiting(t *testing.T) {
	w, client := cluster(t, waitingDeployment)
	deployments := client.Resource(resource("apps", "deployments")).Namespace("ns")
	go func() {
		time.Sleep(200 * time.Millisecond)
		live, err := deployments.Get(context.Background(), "web", metav1.GetOptions{})
		if err != nil {
			return
		}
		live.Object["status"] = map[string]any{
			"observedGeneration": int64(2), "replicas": int64(1), "updatedReplicas": int64(1), "readyReplicas": int64(1), "availableReplicas": int64(1),
			"conditions": []any{map[string]any{"type": "Available", "status": "True"}, map[string]any{"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}},
		}
		_, _ = deployments.Update(context.Background(), live, metav1.UpdateOptions{})
	}()
	lines, err := wait(t, w, client, resource("apps", "deployments"), "web", time.Minute, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) == 0 || !strings.Contains(lines[0], "0/1") {
		t.Errorf("it showed %q", lines)
	}
}

func TestDeletedWhileWaiting(t *testing.T) {
	w, client := cluster(t, waitingDeployment)
	go func() {
		time.Sleep(300 * time.Millisecond)
		_ = client.Resource(resource("apps", "deployments")).Namespace("ns").Delete(context.Background(), "web", metav1.DeleteOptions{})
	}()
	_, err := wait(t, w, client, resource("apps", "deployments"), "web", time.Minute, "")
	mustContain(t, err, "deleted while waiting")
}
