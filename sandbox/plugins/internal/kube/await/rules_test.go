package await

import (
	"context"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const slice = `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: db-1, namespace: ns, labels: {kubernetes.io/service-name: db}}
endpoints: [{addresses: [10.0.0.1], conditions: {ready: READY}}]
---
`

func TestServiceRule(t *testing.T) {
	service := func(spec string) string {
		return "apiVersion: v1\nkind: Service\nmetadata: {name: db, namespace: ns, uid: s}\nspec: " + spec + "\n---\n"
	}
	for name, test := range map[string]struct {
		objects string
		want    string // part of the failure, or nothing for ready
	}{
		"ready endpoint":     {service("{selector: {app: db}, clusterIP: 10.1.1.1}") + strings.ReplaceAll(slice, "READY", "true"), ""},
		"endpoint not ready": {service("{selector: {app: db}, clusterIP: 10.1.1.1}") + strings.ReplaceAll(slice, "READY", "false"), "no ready pod matches its selector app=db"},
		"no endpoint":        {service("{selector: {app: db}, clusterIP: 10.1.1.1}"), "no ready pod"},
		"headless":           {service("{selector: {app: db}, clusterIP: None}"), ""},
		"external name":      {service("{type: ExternalName, externalName: example.com}"), ""},
		"no selector":        {service("{clusterIP: 10.1.1.1}"), ""},
		"load balancer":      {service("{type: LoadBalancer, selector: {app: db}}") + strings.ReplaceAll(slice, "READY", "true"), "load balancer's address"},
	} {
		t.Run(name, func(t *testing.T) {
			w, client := cluster(t, test.objects)
			_, err := wait(t, w, client, services, "db", 200*time.Millisecond, "")
			if test.want == "" && err != nil {
				t.Fatal(err)
			} else if test.want != "" {
				mustContain(t, err, test.want)
			}
		})
	}
}

func TestIngressRule(t *testing.T) {
	ingress := `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: ns, uid: i}
spec: {rules: [{http: {paths: [{path: /, backend: {service: {name: db}}}]}}]}
status: STATUS
---
`
	service := "apiVersion: v1\nkind: Service\nmetadata: {name: db, namespace: ns}\nspec: {selector: {a: b}}\n---\n"
	ready := strings.ReplaceAll(slice, "READY", "true")
	addressed := "{loadBalancer: {ingress: [{ip: 127.0.0.1}]}}"
	for name, test := range map[string]struct{ objects, status, want string }{
		"all there":     {service + ready, addressed, ""},
		"no service":    {"", addressed, "Service db does not exist"},
		"no endpoint":   {service, addressed, "Service db has no ready endpoint"},
		"no controller": {service + ready, "{}", "no ingress controller"},
	} {
		t.Run(name, func(t *testing.T) {
			w, client := cluster(t, test.objects+strings.ReplaceAll(ingress, "STATUS", test.status))
			_, err := wait(t, w, client, resource("networking.k8s.io", "ingresses"), "web", 200*time.Millisecond, "")
			if test.want == "" && err != nil {
				t.Fatal(err)
			} else if test.want != "" {
				mustContain(t, err, test.want)
			}
		})
	}
}

func TestClaimRule(t *testing.T) {
	class := "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: lazy}\nvolumeBindingMode: WaitForFirstConsumer\n---\napiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: eager}\nvolumeBindingMode: Immediate\n---\n"
	claim := "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data, namespace: ns, uid: p}\nspec: {storageClassName: CLASS}\nstatus: {phase: PHASE}\n"
	for name, test := range map[string]struct{ class, phase, want string }{
		"bound":                  {"eager", "Bound", ""},
		"waits for its consumer": {"lazy", "Pending", ""},
		"pending":                {"eager", "Pending", "no volume is bound"},
		"lost":                   {"eager", "Lost", "its volume is lost"},
	} {
		t.Run(name, func(t *testing.T) {
			w, client := cluster(t, class+strings.NewReplacer("CLASS", test.class, "PHASE", test.phase).Replace(claim))
			_, err := wait(t, w, client, resource("", "persistentvolumeclaims"), "data", 200*time.Millisecond, "")
			if test.want == "" && err != nil {
				t.Fatal(err)
			} else if test.want != "" {
				mustContain(t, err, test.want)
			}
		})
	}
}

func TestJobRule(t *testing.T) {
	job := "apiVersion: batch/v1\nkind: Job\nmetadata: {name: job, namespace: ns, uid: j}\nspec: {completions: 1}\nstatus: STATUS\n---\n"
	w, client := cluster(t, strings.ReplaceAll(job, "STATUS", `{failed: 1, conditions: [{type: Failed, status: "True", reason: BackoffLimitExceeded, message: too many}]}`)+
		pod("job-a", "j", `{phase: Failed, containerStatuses: [{name: app, ready: false, state: {terminated: {exitCode: 2, reason: Error}}}]}`))
	_, err := wait(t, w, client, resource("batch", "jobs"), "job", time.Minute, "")
	mustContain(t, err, "BackoffLimitExceeded", "exit code 2", "last line of app")

	for _, status := range []string{`{succeeded: 1, conditions: [{type: Complete, status: "True"}]}`} {
		w, client = cluster(t, strings.ReplaceAll(job, "STATUS", status))
		if _, err := wait(t, w, client, resource("batch", "jobs"), "job", time.Minute, ""); err != nil {
			t.Error(err)
		}
	}
}

func TestExceededDeadlineCountsForItsOwnRolloutOnly(t *testing.T) {
	exceeded := func(set, ofDeployment string) string {
		return strings.NewReplacer(
			`{type: Progressing, status: "True", reason: ReplicaSetUpdated}`,
			`{type: Progressing, status: "False", reason: ProgressDeadlineExceeded, message: 'ReplicaSet "`+set+`" has timed out progressing.'}`,
			`uid: d1, generation: 2`, `uid: d1, generation: 2, annotations: {deployment.kubernetes.io/revision: "`+ofDeployment+`"}`,
		).Replace(waitingDeployment)
	}
	for name, test := range map[string]struct{ objects, want string }{
		"of this rollout":                       {exceeded("web-new", "2"), "Deployment ns/web failed: Progress deadline exceeded"},
		"of an earlier one":                     {exceeded("web-old", "2"), "is not ready after"},
		"the new ReplicaSet is not yet seen":    {exceeded("web-new", "3"), "is not ready after"},
		"of a Deployment that names no rollout": {strings.ReplaceAll(exceeded("web-new", "2"), "ReplicaSet \"web-new\"", "Deployment \"web\""), "failed: Progress deadline"},
	} {
		t.Run(name, func(t *testing.T) {
			w, client := cluster(t, test.objects)
			_, err := wait(t, w, client, resource("apps", "deployments"), "web", 300*time.Millisecond, "")
			mustContain(t, err, test.want)
		})
	}
}

func TestPodWithoutProbeMustStayUp(t *testing.T) {
	w, client := cluster(t, pod("solo", "none", `{phase: Running, conditions: [{type: Ready, status: "True"}]}`))
	started := time.Now()
	if _, err := wait(t, w, client, pods, "solo", time.Minute, ""); err != nil {
		t.Fatal(err)
	}
	if time.Since(started) < unprobed {
		t.Error("a pod without a readiness probe counted as ready at once")
	}
}

func TestCustomConditions(t *testing.T) {
	widget := "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w, namespace: ns, uid: w}\nstatus: {phase: Running, conditions: [{type: Synced, status: \"True\"}]}\n"
	for waitFor, ready := range map[string]bool{
		"":                                 true,
		"condition=Synced":                 true,
		"condition=Synced=False":           false,
		"jsonpath={.status.phase}":         true,
		"jsonpath={.status.phase}=Running": true,
		"jsonpath={.status.phase}=Done":    false,
		"jsonpath={.status.nothing}":       false,
		`["condition=Synced", "jsonpath={.status.phase}=Done"]`: false,
	} {
		w, client := cluster(t, widget)
		if _, err := wait(t, w, client, resource("example.com", "widgets"), "w", 200*time.Millisecond, waitFor); (err == nil) != ready {
			t.Errorf("%q: %v", waitFor, err)
		}
	}
	for _, wrong := range []string{"Ready", "jsonpath=status", "[]", "[1"} {
		if _, err := customRule(wrong); err == nil {
			t.Errorf("%q was accepted", wrong)
		}
	}
}

func TestGone(t *testing.T) {
	stuck := "apiVersion: v1\nkind: Pod\nmetadata: {name: stuck, namespace: ns, uid: x, finalizers: [example.com/hold]}\n"
	w, client := cluster(t, stuck)
	object := parse(t, stuck)
	err := w.Gone(t.Context(), mapping(pods, true), object, 200*time.Millisecond, func(string) {})
	mustContain(t, err, "Pod ns/stuck still exists", "example.com/hold")

	go func() {
		time.Sleep(200 * time.Millisecond)
		_ = client.Resource(pods).Namespace("ns").Delete(context.Background(), "stuck", metav1.DeleteOptions{})
	}()
	if err := w.Gone(t.Context(), mapping(pods, true), object, time.Minute, func(string) {}); err != nil {
		t.Fatal(err)
	}
	if err := w.Gone(t.Context(), mapping(pods, true), object, time.Minute, func(string) {}); err != nil {
		t.Error("what is gone already is not gone:", err)
	}
}
