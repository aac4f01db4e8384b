package netpol

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// packet is a first packet of a connection. The rules are judged by what they do with packets, not by their text.
type packet struct {
	from, to, protocol string
	port               int
}

// passes plays the chains as the packet filter would.
func passes(t *testing.T, chains []chain, start string, p packet) bool {
	t.Helper()
	for _, c := range chains {
		if c.name != start {
			continue
		}
		for _, rule := range c.rules {
			target, match := applies(t, rule, p)
			switch {
			case !match:
			case target == "DROP":
				return false
			case target == "RETURN":
				return true
			case !passes(t, chains, target, p):
				return false
			}
		}
		return true
	}
	t.Fatalf("no chain %s", start)
	return false
}

func applies(t *testing.T, rule string, p packet) (string, bool) {
	t.Helper()
	words := strings.Fields(rule)
	match, target := true, ""
	for i := 0; i < len(words); i += 2 {
		value := words[i+1]
		switch words[i] {
		case "-s":
			match = match && covers(value, p.from)
		case "-d":
			match = match && covers(value, p.to)
		case "-p":
			match = match && value == p.protocol
		case "--dport":
			low, high, isRange := strings.Cut(value, ":")
			if !isRange {
				high = low
			}
			first, _ := strconv.Atoi(low)
			last, _ := strconv.Atoi(high)
			match = match && first <= p.port && p.port <= last
		case "-m", "--ctstate":
			match = false // about answers only
		case "-j":
			target = value
		default:
			t.Fatalf("unknown match in %q", rule)
		}
	}
	return target, match
}

func covers(network, address string) bool {
	if !strings.Contains(network, "/") {
		return network == address
	}
	return netip.MustParsePrefix(network).Contains(netip.MustParseAddr(address))
}

func pod(namespace, name, address string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{"app": name}},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{
			Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}},
		}}},
		Status: corev1.PodStatus{PodIP: address, Phase: corev1.PodRunning},
	}
}

func app(name string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{"app": name}}
}

func inNamespace(name string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": name}}
}

func port(value any) networkingv1.NetworkPolicyPort {
	p := networkingv1.NetworkPolicyPort{}
	switch v := value.(type) {
	case int:
		number := intstr.FromInt(v)
		p.Port = &number
	case string:
		name := intstr.FromString(v)
		p.Port = &name
	}
	return p
}

const web, database, other, outside = "10.244.0.2", "10.244.0.3", "10.244.0.4", "93.184.216.34"

func state(policies ...*networkingv1.NetworkPolicy) State {
	var namespaces []*corev1.Namespace
	for _, name := range []string{"platform", "elsewhere", "kube-system"} {
		namespaces = append(namespaces, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			Name: name, Labels: map[string]string{"kubernetes.io/metadata.name": name},
		}})
	}
	return State{
		Pods:       []*corev1.Pod{pod("platform", "web", web), pod("platform", "db", database), pod("elsewhere", "other", other)},
		Namespaces: namespaces,
		Policies:   policies,
	}
}

func policy(selector *metav1.LabelSelector, spec networkingv1.NetworkPolicySpec) *networkingv1.NetworkPolicy {
	spec.PodSelector = *selector
	return &networkingv1.NetworkPolicy{
		ObjectMeta: metav1.ObjectMeta{Namespace: "platform", Name: fmt.Sprint("policy-", len(spec.Ingress), len(spec.Egress))},
		Spec:       spec,
	}
}

func check(t *testing.T, s State, expected map[packet]bool) {
	t.Helper()
	chains := compile(s)
	for p, want := range expected {
		start := forwardChain
		if p.to == dnsEndpoint.address {
			start = localChain
		}
		if got := passes(t, chains, start, p); got != want {
			t.Errorf("%+v passes: %v", p, got)
		}
	}
}

func TestWithoutAPolicyEverythingPasses(t *testing.T) {
	check(t, state(), map[packet]bool{{other, database, "tcp", 5432}: true, {web, outside, "udp", 1}: true})
}

func TestDenyAllCutsOffSelectedPodsOnly(t *testing.T) {
	deny := policy(app("db"), networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{"Ingress", "Egress"}})
	check(t, state(deny), map[packet]bool{
		{web, database, "tcp", 5432}:               false,
		{database, web, "tcp", 80}:                 false,
		{database, database, "tcp", 80}:            true,
		{other, web, "tcp", 80}:                    true,
		{database, dnsEndpoint.address, "udp", 53}: false,
		{web, dnsEndpoint.address, "udp", 53}:      true,
	})
}

func TestIngressByPodNamespaceAndPort(t *testing.T) {
	allow := policy(app("db"), networkingv1.NetworkPolicySpec{
		PolicyTypes: []networkingv1.PolicyType{"Ingress"},
		Ingress: []networkingv1.NetworkPolicyIngressRule{
			{From: []networkingv1.NetworkPolicyPeer{{PodSelector: app("web")}}, Ports: []networkingv1.NetworkPolicyPort{port(5432)}},
			{From: []networkingv1.NetworkPolicyPeer{{NamespaceSelector: inNamespace("elsewhere")}}, Ports: []networkingv1.NetworkPolicyPort{port("http")}},
		},
	})
	check(t, state(allow), map[packet]bool{
		{web, database, "tcp", 5432}:    true,
		{web, database, "tcp", 5433}:    false,
		{web, database, "udp", 5432}:    false,
		{other, database, "tcp", 5432}:  false,
		{other, database, "tcp", 8080}:  true,
		{database, outside, "tcp", 443}: true,
	})
}

func TestAPodSelectorMeansPodsOfThePolicysNamespace(t *testing.T) {
	s := state(policy(app("db"), networkingv1.NetworkPolicySpec{
		PolicyTypes: []networkingv1.PolicyType{"Ingress"},
		Ingress:     []networkingv1.NetworkPolicyIngressRule{{From: []networkingv1.NetworkPolicyPeer{{PodSelector: app("web")}}}},
	}))
	s.Pods = append(s.Pods, pod("elsewhere", "web", "10.244.0.9"))
	check(t, s, map[packet]bool{{web, database, "tcp", 1}: true, {"10.244.0.9", database, "tcp", 1}: false})
}

func TestEgressToDNSAndToBlocksWithHoles(t *testing.T) {
	udp := corev1.ProtocolUDP
	dns := port(53)
	dns.Protocol = &udp
	allow := policy(app("web"), networkingv1.NetworkPolicySpec{
		PolicyTypes: []networkingv1.PolicyType{"Egress"},
		Egress: []networkingv1.NetworkPolicyEgressRule{
			{To: []networkingv1.NetworkPolicyPeer{{
				NamespaceSelector: inNamespace("kube-system"),
				PodSelector:       &metav1.LabelSelector{MatchLabels: map[string]string{"k8s-app": "kube-dns"}},
			}}, Ports: []networkingv1.NetworkPolicyPort{dns}},
			{To: []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: "0.0.0.0/0", Except: []string{"10.0.0.0/8"}}}}},
		},
	})
	check(t, state(allow), map[packet]bool{
		{web, dnsEndpoint.address, "udp", 53}: true,
		{web, database, "tcp", 5432}:          false,
		{web, outside, "tcp", 443}:            true,
		{database, web, "tcp", 80}:            true,
	})
}

func TestPortRanges(t *testing.T) {
	end := int32(9000)
	ports := port(8000)
	ports.EndPort = &end
	allow := policy(app("db"), networkingv1.NetworkPolicySpec{
		PolicyTypes: []networkingv1.PolicyType{"Ingress"},
		Ingress:     []networkingv1.NetworkPolicyIngressRule{{Ports: []networkingv1.NetworkPolicyPort{ports}}},
	})
	check(t, state(allow), map[packet]bool{{other, database, "tcp", 8500}: true, {other, database, "tcp", 9001}: false})
}

func TestEndedPodsHaveNoRules(t *testing.T) {
	s := state(policy(&metav1.LabelSelector{}, networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{"Ingress"}}))
	s.Pods[1].Status.Phase = corev1.PodSucceeded
	check(t, s, map[packet]bool{{other, database, "tcp", 1}: true, {other, web, "tcp", 1}: false})
}

func TestSubtract(t *testing.T) {
	whole := netip.MustParsePrefix("10.0.0.0/8")
	holes := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("10.1.2.0/24"), netip.MustParsePrefix("10.255.255.255/32")}
	rest := subtract(whole, holes)
	for address, want := range map[string]bool{
		"10.0.0.0": true, "10.1.2.3": false, "10.1.0.0": false, "10.2.0.0": true, "10.255.255.255": false, "10.255.255.254": true, "11.0.0.0": false,
	} {
		got := false
		for _, network := range rest {
			got = got || network.Contains(netip.MustParseAddr(address))
		}
		if got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
	if left := subtract(whole, []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}); len(left) != 0 {
		t.Error(left)
	}
}

func TestRulesAreReplacedInOneStepAndStaleChainsRemoved(t *testing.T) {
	text, names := render([]chain{{name: podPrefix + "NEW", rules: []string{"-j DROP"}}, {name: forwardChain}}, []string{podPrefix + "OLD"})
	if len(names) != 1 || names[0] != podPrefix+"NEW" {
		t.Error(names)
	}
	want := "*mangle\n:POLICY-POD-NEW - [0:0]\n:POLICY-FORWARD - [0:0]\n:POLICY-POD-OLD - [0:0]\n-A POLICY-POD-NEW -j DROP\n-X POLICY-POD-OLD\nCOMMIT\n"
	if text != want {
		t.Errorf("got\n%s", text)
	}
}
