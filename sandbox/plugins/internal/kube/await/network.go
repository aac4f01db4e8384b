package await

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// serviceRule waits for an endpoint that takes traffic, and for an address where the Service asks for a load balancer.
// A Service that points elsewhere or lets someone else write its endpoints has none to wait for, and neither does a
// headless one: its pods often need it to become ready at all.
func serviceRule(v *view) verdict {
	object := v.object.Object
	kind := text(object, "spec", "type")
	selector, _, _ := unstructured.NestedStringMap(object, "spec", "selector")
	if kind == "LoadBalancer" && len(list(object, "status", "loadBalancer", "ingress")) == 0 {
		result := verdict{message: "waiting for the load balancer's address"}
		result.problems = v.warnings(v.object)
		return result
	}
	if kind == "ExternalName" || len(selector) == 0 || text(object, "spec", "clusterIP") == "None" {
		return verdict{ready: true}
	}
	if readyEndpoints(v.related[endpointSlices], v.object.GetName()) > 0 {
		return verdict{ready: true}
	}
	return verdict{message: fmt.Sprintf("no ready pod matches its selector %s", metav1.FormatLabelSelector(&metav1.LabelSelector{MatchLabels: selector}))}
}

func readyEndpoints(slices *source, service string) int {
	ready := 0
	for _, slice := range slices.indexed(byService, service) {
		for _, endpoint := range list(slice.Object, "endpoints") {
			// No answer counts as ready: so says the API.
			if is, set, _ := unstructured.NestedBool(endpoint, "conditions", "ready"); is || !set {
				ready++
			}
		}
	}
	return ready
}

// ingressRule waits until the Services behind it have endpoints and its controller has given it an address.
func ingressRule(v *view) verdict {
	exists := map[string]bool{}
	for _, service := range v.related[services].all() {
		// What an ExternalName stands for is not in this cluster: there is nothing to see.
		exists[service.GetName()] = true
		if text(service.Object, "spec", "type") != "ExternalName" && readyEndpoints(v.related[endpointSlices], service.GetName()) == 0 {
			exists[service.GetName()] = false
		}
	}
	for _, name := range backends(v.object) {
		ready, found := exists[name]
		switch {
		case !found:
			return verdict{message: fmt.Sprintf("its backend Service %s does not exist", name)}
		case !ready:
			return verdict{message: fmt.Sprintf("its backend Service %s has no ready endpoint", name)}
		}
	}
	if len(list(v.object.Object, "status", "loadBalancer", "ingress")) == 0 {
		return verdict{
			message:  "no ingress controller has given it an address: is one running that serves its ingressClassName, and does it publish an address?",
			problems: v.warnings(v.object),
		}
	}
	return verdict{ready: true}
}

func backends(ingress *unstructured.Unstructured) []string {
	var names []string
	add := func(backend map[string]any) {
		if name := text(backend, "service", "name"); name != "" {
			names = append(names, name)
		}
	}
	if backend, found, _ := unstructured.NestedMap(ingress.Object, "spec", "defaultBackend"); found {
		add(backend)
	}
	for _, r := range list(ingress.Object, "spec", "rules") {
		for _, path := range list(r, "http", "paths") {
			if backend, ok := path["backend"].(map[string]any); ok {
				add(backend)
			}
		}
	}
	return names
}

// claimRule waits until a volume is bound, except where its class waits for the first pod that uses it.
func claimRule(v *view) verdict {
	phase := text(v.object.Object, "status", "phase")
	switch phase {
	case "Bound":
		return verdict{ready: true}
	case "Lost":
		return verdict{failed: true, message: "its volume is lost"}
	}
	if name := text(v.object.Object, "spec", "storageClassName"); name != "" {
		class, err := v.watcher.client.Resource(storageClasses).Get(v.ctx, name, metav1.GetOptions{})
		if err == nil && text(class.Object, "volumeBindingMode") == "WaitForFirstConsumer" {
			return verdict{ready: true, message: "its volume comes with the first pod that uses it"}
		}
	}
	return verdict{message: "no volume is bound to it yet", problems: v.warnings(v.object)}
}
