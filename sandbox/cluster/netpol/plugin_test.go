package netpol

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestTheStartingPodIsReadFromTheCall(t *testing.T) {
	result := `{"cniVersion":"1.0.0","ips":[{"address":"10.244.0.7/16","gateway":"10.244.0.1"}]}`
	got, err := readAssignment([]byte(result), "IgnoreUnknown=1;K8S_POD_NAMESPACE=platform;K8S_POD_NAME=web-1;K8S_POD_UID=x")
	if want := (assignment{"platform", "web-1", "10.244.0.7"}); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := readAssignment([]byte(`{"ips":[]}`), ""); err == nil {
		t.Error("a pod without an address was accepted")
	}
}

func TestThePluginSaysItsVersionsAndHasNothingToDelete(t *testing.T) {
	for command, want := range map[string]string{"VERSION": "1.0.0", "DEL": "", "CHECK": ""} {
		var out strings.Builder
		err := Plugin(func(name string) string { return map[string]string{"CNI_COMMAND": command}[name] }, strings.NewReader("{}"), &out)
		if err != nil || !strings.Contains(out.String(), want) || (want == "" && out.Len() > 0) {
			t.Errorf("%s: %q, %v", command, out.String(), err)
		}
	}
}

func TestRulesAreThereBeforeThePodsStatusHasItsAddress(t *testing.T) {
	s := state(policy(app("web"), networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{"Egress"}}))
	s.Pods[0].Status = corev1.PodStatus{Phase: corev1.PodPending}
	s.Assigned = map[string]string{"platform/web": web}
	check(t, s, map[packet]bool{{web, database, "tcp", 1}: false})
}

func TestAPodWaitsUntilTheWatchHasBroughtIt(t *testing.T) {
	done := make(chan struct{})
	waiting := []request{{assignment{"platform", "late", "10.244.0.9"}, done}}
	s := state()
	if waiting = release(waiting, s); len(waiting) != 1 {
		t.Fatal("released without its rules")
	}
	s.Pods = append(s.Pods, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "platform", Name: "late"}})
	if waiting = release(waiting, s); len(waiting) != 0 {
		t.Fatal("not released")
	}
	<-done
	assigned := map[string]string{"platform/late": "10.244.0.9", "platform/gone": "10.244.0.8"}
	forget(assigned, waiting, s)
	if len(assigned) != 1 || assigned["platform/late"] == "" {
		t.Error(assigned)
	}
}
