// Package netpol enforces NetworkPolicies on the one real node, by rules of the packet filter that name every address.
// That is only good for a cluster of this size, and needs nothing that the node does not have anyway.
package netpol

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// State is what the rules depend on.
type State struct {
	Pods       []*corev1.Pod
	Namespaces []*corev1.Namespace
	Policies   []*networkingv1.NetworkPolicy
	// Assigned are the addresses of pods that start, by "namespace/name": those in their status may be of the run before.
	Assigned map[string]string
}

// chain is one chain of the packet filter with its rules in order.
type chain struct {
	name  string
	rules []string
}

const (
	// forwardChain sees what passes between pods, localChain what pods send to the node itself: DNS.
	forwardChain = "POLICY-FORWARD"
	localChain   = "POLICY-LOCAL"
	// podPrefix starts the names of the chains of single pods.
	podPrefix = "POLICY-POD-"
)

// compile returns the chains that enforce the policies. A pod that no policy selects has none.
func compile(s State) []chain {
	world := newWorld(s)
	forward := chain{name: forwardChain, rules: []string{"-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN"}}
	local := chain{name: localChain, rules: []string{"-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN"}}
	var chains []chain
	for _, pod := range world.pods {
		if pod.virtual {
			continue
		}
		for _, direction := range []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress} {
			policies := world.selecting(pod, direction)
			if len(policies) == 0 {
				continue
			}
			own := chain{name: chainName(pod, direction)}
			// A pod always reaches itself, also through a Service.
			own.rules = append(own.rules, fmt.Sprintf("-s %s -d %s -j RETURN", pod.address, pod.address))
			for _, policy := range policies {
				own.rules = append(own.rules, world.allow(policy, pod, direction)...)
			}
			own.rules = append(own.rules, "-j DROP")
			chains = append(chains, own)
			if direction == networkingv1.PolicyTypeIngress {
				forward.rules = append(forward.rules, fmt.Sprintf("-d %s -j %s", pod.address, own.name))
				continue
			}
			forward.rules = append(forward.rules, fmt.Sprintf("-s %s -j %s", pod.address, own.name))
			for _, port := range dnsPorts {
				local.rules = append(local.rules, fmt.Sprintf("-s %s -p %s --dport %d -j %s", pod.address, port.protocol, port.number, own.name))
			}
		}
	}
	return append(chains, forward, local)
}

// endpoint is a pod as the packet filter sees it.
type endpoint struct {
	namespace, name, address string
	labels                   labels.Set
	ports                    []corev1.ContainerPort
	// virtual is set for CoreDNS, which runs on the node but stands for the pods that it has elsewhere.
	virtual bool
}

type world struct {
	pods       []endpoint
	namespaces map[string]labels.Set
	policies   []*networkingv1.NetworkPolicy
}

func newWorld(s State) world {
	w := world{namespaces: map[string]labels.Set{}, policies: s.Policies, pods: []endpoint{dnsEndpoint}}
	for _, namespace := range s.Namespaces {
		w.namespaces[namespace.Name] = namespace.Labels
	}
	for _, pod := range s.Pods {
		ended := pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
		text := pod.Status.PodIP
		if assigned, starting := s.Assigned[pod.Namespace+"/"+pod.Name]; starting {
			text = assigned
		}
		address, err := netip.ParseAddr(text)
		// An ended pod's address may be another's by now; a pod in the node's network cannot be told from the node.
		if ended || pod.Spec.HostNetwork || err != nil || !address.Is4() {
			continue
		}
		e := endpoint{namespace: pod.Namespace, name: pod.Name, address: address.String(), labels: pod.Labels}
		for _, container := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
			e.ports = append(e.ports, container.Ports...)
		}
		w.pods = append(w.pods, e)
	}
	slices.SortFunc(w.pods, func(a, b endpoint) int { return strings.Compare(a.key(), b.key()) })
	slices.SortFunc(w.policies, func(a, b *networkingv1.NetworkPolicy) int {
		return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
	})
	return w
}

func (e endpoint) key() string { return e.namespace + "/" + e.name }

func (w world) selecting(pod endpoint, direction networkingv1.PolicyType) []*networkingv1.NetworkPolicy {
	var found []*networkingv1.NetworkPolicy
	for _, policy := range w.policies {
		if policy.Namespace == pod.namespace && slices.Contains(policy.Spec.PolicyTypes, direction) &&
			matches(&policy.Spec.PodSelector, pod.labels) {
			found = append(found, policy)
		}
	}
	return found
}

// allow returns the rules by which a policy lets traffic of a pod pass.
func (w world) allow(policy *networkingv1.NetworkPolicy, pod endpoint, direction networkingv1.PolicyType) []string {
	var rules []string
	if direction == networkingv1.PolicyTypeIngress {
		for _, rule := range policy.Spec.Ingress {
			for _, peer := range w.peers(policy.Namespace, rule.From) {
				for _, port := range matchPorts(rule.Ports, pod.ports) {
					rules = append(rules, join(peer.match("-s"), port, "-j RETURN"))
				}
			}
		}
		return rules
	}
	for _, rule := range policy.Spec.Egress {
		for _, peer := range w.peers(policy.Namespace, rule.To) {
			for _, port := range matchPorts(rule.Ports, peer.ports) {
				rules = append(rules, join(peer.match("-d"), port, "-j RETURN"))
			}
		}
	}
	return rules
}

// peer is one network that a rule names; ports are those of its pod, if it is one.
type peer struct {
	network string
	ports   []corev1.ContainerPort
}

func (p peer) match(option string) string {
	if p.network == "" {
		return ""
	}
	return option + " " + p.network
}

func (w world) peers(namespace string, named []networkingv1.NetworkPolicyPeer) []peer {
	if len(named) == 0 {
		return []peer{{}}
	}
	var found []peer
	for _, n := range named {
		if n.IPBlock != nil {
			for _, network := range networks(n.IPBlock) {
				found = append(found, peer{network: network.String()})
			}
			continue
		}
		for _, pod := range w.pods {
			inNamespace := pod.namespace == namespace
			if n.NamespaceSelector != nil {
				inNamespace = matches(n.NamespaceSelector, w.namespaces[pod.namespace])
			}
			if inNamespace && (n.PodSelector == nil || matches(n.PodSelector, pod.labels)) {
				found = append(found, peer{network: pod.address, ports: pod.ports})
			}
		}
	}
	return found
}

func networks(block *networkingv1.IPBlock) []netip.Prefix {
	whole, err := netip.ParsePrefix(block.CIDR)
	if err != nil || !whole.Addr().Is4() {
		return nil
	}
	var holes []netip.Prefix
	for _, text := range block.Except {
		if hole, err := netip.ParsePrefix(text); err == nil {
			holes = append(holes, hole)
		}
	}
	return subtract(whole, holes)
}

// matchPorts turns a rule's ports into matches; a port by name is looked up among those of the pod that is reached.
func matchPorts(ports []networkingv1.NetworkPolicyPort, reached []corev1.ContainerPort) []string {
	if len(ports) == 0 {
		return []string{""}
	}
	var found []string
	for _, port := range ports {
		protocol := corev1.ProtocolTCP
		if port.Protocol != nil {
			protocol = *port.Protocol
		}
		match := "-p " + strings.ToLower(string(protocol))
		switch {
		case port.Port == nil:
			found = append(found, match)
		case port.Port.Type == intstr.String:
			for _, named := range reached {
				if named.Name == port.Port.StrVal && (named.Protocol == protocol || named.Protocol == "") {
					found = append(found, fmt.Sprintf("%s --dport %d", match, named.ContainerPort))
				}
			}
		case port.EndPort != nil:
			found = append(found, fmt.Sprintf("%s --dport %d:%d", match, port.Port.IntVal, *port.EndPort))
		default:
			found = append(found, fmt.Sprintf("%s --dport %d", match, port.Port.IntVal))
		}
	}
	return found
}

func matches(selector *metav1.LabelSelector, set labels.Set) bool {
	compiled, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && compiled.Matches(set)
}

func chainName(pod endpoint, direction networkingv1.PolicyType) string {
	sum := sha256.Sum256([]byte(pod.key() + "/" + string(direction)))
	return podPrefix + strings.ToUpper(hex.EncodeToString(sum[:6]))
}

func join(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), " ")
}
