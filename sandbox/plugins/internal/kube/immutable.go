package kube

import (
	"regexp"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// replacing lists per group and kind the fields that cannot change in place. What is missing here, the server's own
// answer to a dry run adds; the table serves previews without a cluster, and kinds whose fields could be changed but
// to no effect, such as a StorageClass's.
var replacing = map[string][]string{
	"apps/Deployment":  {"spec.selector"},
	"apps/DaemonSet":   {"spec.selector"},
	"apps/ReplicaSet":  {"spec.selector"},
	"apps/StatefulSet": {"spec.podManagementPolicy", "spec.selector", "spec.serviceName", "spec.volumeClaimTemplates"},
	"batch/Job":        {"spec.completions", "spec.completionMode", "spec.selector", "spec.template", "spec.parallelism"},
	"rbac.authorization.k8s.io/ClusterRoleBinding": {"roleRef"},
	"rbac.authorization.k8s.io/RoleBinding":        {"roleRef"},
	"scheduling.k8s.io/PriorityClass":              {"value", "preemptionPolicy"},
	"storage.k8s.io/StorageClass":                  {"parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"},
	"networking.k8s.io/IngressClass":               {"spec.controller"},
	"node.k8s.io/RuntimeClass":                     {"handler"},
	"/PersistentVolumeClaim":                       {"spec.accessModes", "spec.dataSource", "spec.dataSourceRef", "spec.selector", "spec.storageClassName", "spec.volumeMode", "spec.volumeName"},
	"/PersistentVolume":                            {"spec.csi", "spec.hostPath", "spec.local", "spec.nfs", "spec.volumeMode"},
	"/ResourceQuota":                               {"spec.scopes"},
	"/Secret":                                      {"type"},
	"/Service":                                     {"spec.clusterIP"},
	"/Pod":                                         {"spec"},
}

// podUpdatable are the few fields of a running Pod that may change.
var podUpdatable = regexp.MustCompile(`^spec\.(activeDeadlineSeconds|tolerations|terminationGracePeriodSeconds|(init|ephemeral)?[cC]ontainers\[\d+\]\.image)\b`)

// replaces tells whether a change at the path means a new object.
func (p *provider) replaces(object *unstructured.Unstructured, path string) bool {
	if path == "metadata" || path == "metadata.name" || path == "metadata.namespace" || path == "kind" {
		return true
	}
	gvk := object.GroupVersionKind()
	if path == "apiVersion" {
		return false
	}
	immutable, _, _ := unstructured.NestedBool(object.Object, "immutable")
	switch {
	case gvk.Group == "" && gvk.Kind == "ConfigMap" && (immutable || !p.settings.enableConfigMapMutable):
		if within(path, "data") || within(path, "binaryData") {
			return true
		}
	case gvk.Group == "" && gvk.Kind == "Secret" && (immutable || !p.settings.enableSecretMutable):
		if within(path, "data") || within(path, "stringData") {
			return true
		}
	case gvk.Group == "" && gvk.Kind == "Pod" && podUpdatable.MatchString(path):
		return false
	}
	for _, field := range replacing[gvk.Group+"/"+gvk.Kind] {
		if within(path, field) {
			return true
		}
	}
	return false
}

// within tells whether the path is the field or something in it.
func within(path, field string) bool {
	rest, found := strings.CutPrefix(path, field)
	return found && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

var immutableMessage = regexp.MustCompile(`(?i)immutable|updates to .+ are forbidden|pod updates may not|may not (be )?(changed?|updated?)|cannot (be )?(changed?|updated?|modified)`)

// immutableFields reads from a server's refusal the fields that it will never change in place. Refusals for other
// reasons, such as a volume that cannot shrink, are none of them: to replace an object then would lose data.
func immutableFields(err error) []string {
	status, ok := err.(apierrors.APIStatus)
	if !ok || !apierrors.IsInvalid(err) || status.Status().Details == nil {
		return nil
	}
	var fields []string
	for _, cause := range status.Status().Details.Causes {
		if immutableMessage.MatchString(cause.Message) {
			fields = append(fields, cause.Field)
		}
	}
	return fields
}

// keepsData lists the kinds that are replaced by the table alone, never because a server refuses a change: with the
// object goes what it holds.
var keepsData = set("PersistentVolumeClaim", "PersistentVolume", "Namespace", "CustomResourceDefinition")

// refused tells whether the server's refusal of one of the fields covers a change at the path.
func refused(fields []string, path string) bool {
	for _, field := range fields {
		if within(path, field) || within(field, path) {
			return true
		}
	}
	return false
}
