package kube

import (
	"errors"
	"reflect"
	"sort"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

type object = map[string]any

func namesOf(found []change) []string {
	names := []string{}
	for _, c := range found {
		names = append(names, c.name())
	}
	sort.Strings(names)
	return names
}

func TestChanges(t *testing.T) {
	for name, test := range map[string]struct {
		old, new object
		want     []string
	}{
		"nothing":                      {object{"a": "1"}, object{"a": "1"}, []string{}},
		"a number is a number":         {object{"a": int64(1)}, object{"a": 1.0}, []string{}},
		"empty is the same as none":    {object{}, object{"labels": object{}, "list": []any{}, "nothing": nil}, []string{}},
		"deep":                         {object{"a": object{"b": "1"}}, object{"a": object{"b": "2"}}, []string{"a.b"}},
		"added and removed":            {object{"a": "1"}, object{"b": "1"}, []string{"a", "b"}},
		"in a list":                    {object{"a": []any{object{"x": "1"}}}, object{"a": []any{object{"x": "2"}, "new"}}, []string{"a[0].x", "a[1]"}},
		"shorter list":                 {object{"a": []any{"1", "2"}}, object{"a": []any{"1"}}, []string{"a[1]"}},
		"keys with dots":               {object{"a": object{}}, object{"a": object{"example.com/x": "1"}}, []string{`a["example.com/x"]`}},
		"another type":                 {object{"a": "1"}, object{"a": object{"b": "1"}}, []string{"a"}},
		"unknown counts as a change":   {object{"a": "1"}, object{"a": unknown{}}, []string{"a"}},
		"unknown beside what is known": {object{"a": "1", "b": "1"}, object{"a": "1", "b": unknown{}}, []string{"b"}},
	} {
		t.Run(name, func(t *testing.T) {
			var found []change
			changes(nil, test.old, test.new, &found)
			if got := namesOf(found); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestPruneKeepsWhatTheProgramSpeaksOf(t *testing.T) {
	live := object{"spec": object{"replicas": int64(5), "strategy": object{"type": "RollingUpdate"}, "containers": []any{object{"name": "app", "image": "x:1", "terminationMessagePath": "/dev/x"}}}, "status": object{}}
	inputs := object{"spec": object{"replicas": int64(3), "containers": []any{object{"name": "app", "image": "x:1"}}}, "stringData": object{"a": "b"}}
	want := object{"spec": object{"replicas": int64(5), "containers": []any{object{"name": "app", "image": "x:1"}}}, "stringData": object{"a": "b"}}
	if got := prune(live, inputs); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

func of(apiVersion, kind string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: object{"apiVersion": apiVersion, "kind": kind}}
}

func TestReplaces(t *testing.T) {
	for _, test := range []struct {
		apiVersion, kind, path string
		settings               settings
		want                   bool
	}{
		{"apps/v1", "Deployment", "spec.selector.matchLabels.app", settings{}, true},
		{"apps/v1", "Deployment", "spec.template.spec.containers[0].image", settings{}, false},
		{"apps/v1", "Deployment", "metadata.name", settings{}, true},
		{"apps/v1", "Deployment", "metadata.labels.app", settings{}, false},
		{"apps/v1", "StatefulSet", "spec.volumeClaimTemplates[0].spec.resources.requests.storage", settings{}, true},
		{"apps/v1", "StatefulSet", "spec.serviceName", settings{}, true},
		{"batch/v1", "Job", "spec.template.spec.containers[0].image", settings{}, true},
		{"v1", "PersistentVolumeClaim", "spec.resources.requests.storage", settings{}, false},
		{"v1", "PersistentVolumeClaim", "spec.storageClassName", settings{}, true},
		{"v1", "Pod", "spec.containers[0].command[1]", settings{}, true},
		{"v1", "Pod", "spec.containers[0].image", settings{}, false},
		{"v1", "Pod", "metadata.labels.a", settings{}, false},
		{"v1", "Service", "spec.clusterIP", settings{}, true},
		{"v1", "Service", "spec.clusterIPs", settings{}, false},
		{"v1", "ConfigMap", "data.a", settings{}, true},
		{"v1", "ConfigMap", "data.a", settings{enableConfigMapMutable: true}, false},
		{"v1", "Secret", "stringData.a", settings{}, true},
		{"v1", "Secret", "data.a", settings{enableSecretMutable: true}, false},
		{"v1", "Secret", "type", settings{enableSecretMutable: true}, true},
		{"rbac.authorization.k8s.io/v1", "RoleBinding", "roleRef.name", settings{}, true},
		{"storage.k8s.io/v1", "StorageClass", "parameters.type", settings{}, true},
		{"example.com/v1", "Widget", "spec.selector", settings{}, false},
	} {
		p := &provider{settings: test.settings}
		if got := p.replaces(of(test.apiVersion, test.kind), test.path); got != test.want {
			t.Errorf("%s %s: replaces is %v", test.kind, test.path, got)
		}
	}
	immutable := of("v1", "ConfigMap")
	immutable.Object["immutable"] = true
	if p := (&provider{settings: settings{enableConfigMapMutable: true}}); !p.replaces(immutable, "data.a") {
		t.Error("an immutable ConfigMap cannot change in place")
	}
}

func TestImmutableFieldsOfARefusal(t *testing.T) {
	kind := schema.GroupKind{Kind: "X"}
	for name, test := range map[string]struct {
		err  error
		want []string
	}{
		"immutable":     {apierrors.NewInvalid(kind, "x", field.ErrorList{field.Invalid(field.NewPath("spec", "selector"), "a", "field is immutable")}), []string{"spec.selector"}},
		"stateful set":  {apierrors.NewInvalid(kind, "x", field.ErrorList{field.Forbidden(field.NewPath("spec"), "updates to statefulset spec for fields other than 'replicas' are forbidden")}), []string{"spec"}},
		"cannot shrink": {apierrors.NewInvalid(kind, "x", field.ErrorList{field.Forbidden(field.NewPath("spec", "resources"), "field can not be less than status.capacity")}), nil},
		"plain mistake": {apierrors.NewInvalid(kind, "x", field.ErrorList{field.Invalid(field.NewPath("spec", "ports"), -1, "must be greater than 0")}), nil},
		"other error":   {errors.New("immutable"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got := immutableFields(test.err); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %q", got)
			}
		})
	}
	if !refused([]string{"spec.selector"}, "spec.selector.matchLabels.a") || !refused([]string{"spec"}, "spec.x") || refused([]string{"spec.a"}, "spec.ab") {
		t.Error("a refusal covers the field and what is in it, and nothing else")
	}
}

func conflict(message string) error {
	return apierrors.NewApplyConflict([]metav1.StatusCause{{Type: metav1.CauseTypeFieldManagerConflict, Field: ".spec.replicas", Message: message}}, "conflict")
}

func TestConflicts(t *testing.T) {
	mine := of("apps/v1", "Deployment")
	mine.SetName("web")
	mine.SetNamespace("ns")
	err := explain(conflict(`conflict with "hpa" using apps/v1`), mine, "pulumi-kubernetes-1")
	for _, part := range []string{"Deployment ns/web", "spec.replicas", `"hpa"`, "pulumi.com/patchForce"} {
		if !contains(err.Error(), part) {
			t.Errorf("%q is missing in %v", part, err)
		}
	}
	for message, want := range map[string]bool{
		`conflict with "kubectl-client-side-apply" using apps/v1`: true,
		`conflict with "pulumi-kubernetes" using v1`:              true,
		`conflict with "pulumi-kubernetes-1a2b3c4d"`:              false,
		`conflict with "hpa" using apps/v1`:                       false,
	} {
		if takeOverFromClients(conflict(message)) != want {
			t.Errorf("%s: taken over is not %v", message, want)
		}
	}
}
