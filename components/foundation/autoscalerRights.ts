import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { autoscalerApp } from "../../planning/foundation/autoscaler.ts";
import { named, type Placement } from "../kubernetes/metadata.ts";

const app = autoscalerApp;
const read = ["get", "list", "watch"];

/**
 * What the cluster autoscaler may do in the cluster: see all that scheduling depends on, mark and drain nodes, and keep
 * its own lease, status and priorities.
 *
 * Source: kubernetes/autoscaler, cluster-autoscaler/cloudprovider/aws/examples/cluster-autoscaler-autodiscover.yaml and
 * charts/cluster-autoscaler/templates/clusterrole.yaml. Upstream binds its lease and its events cluster-wide; here the
 * lease is one namespace's.
 */
export function autoscalerRights(
  name: string,
  place: Placement,
  account: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const subjects = [{ kind: "ServiceAccount", name: account, namespace: place.namespace }];
  const { labels } = named(app, app, place);
  const everywhere = { name: `${place.namespace}-${app}`, labels };
  const clusterRole = new k8s.rbac.v1.ClusterRole(name, { metadata: everywhere, rules: clusterRules }, opts);
  const clusterBinding = new k8s.rbac.v1.ClusterRoleBinding(
    name,
    {
      metadata: everywhere,
      roleRef: {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "ClusterRole",
        name: clusterRole.metadata.name,
      },
      subjects,
    },
    opts,
  );
  const role = new k8s.rbac.v1.Role(name, { metadata: named(app, app, place), rules: ownRules }, opts);
  const binding = new k8s.rbac.v1.RoleBinding(
    name,
    {
      metadata: named(app, app, place),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
      subjects,
    },
    opts,
  );
  return [clusterBinding, binding];
}

const clusterRules = [
  { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] },
  { apiGroups: [""], resources: ["nodes"], verbs: [...read, "update"] },
  { apiGroups: [""], resources: ["pods/eviction"], verbs: ["create"] },
  { apiGroups: [""], resources: ["pods/status"], verbs: ["update"] },
  {
    apiGroups: [""],
    resources: [
      "namespaces",
      "persistentvolumeclaims",
      "persistentvolumes",
      "pods",
      "replicationcontrollers",
      "services",
    ],
    verbs: read,
  },
  { apiGroups: ["apps"], resources: ["daemonsets", "replicasets", "statefulsets"], verbs: read },
  { apiGroups: ["batch"], resources: ["cronjobs", "jobs"], verbs: read },
  { apiGroups: ["policy"], resources: ["poddisruptionbudgets"], verbs: read },
  {
    apiGroups: ["resource.k8s.io"],
    resources: ["deviceclasses", "resourceclaims", "resourceslices"],
    verbs: read,
  },
  {
    apiGroups: ["storage.k8s.io"],
    resources: ["csidrivers", "csinodes", "csistoragecapacities", "storageclasses", "volumeattachments"],
    verbs: read,
  },
];

const ownRules = [
  { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create"] },
  {
    apiGroups: ["coordination.k8s.io"],
    resources: ["leases"],
    resourceNames: ["cluster-autoscaler"],
    verbs: ["get", "update"],
  },
  { apiGroups: [""], resources: ["configmaps"], verbs: ["create", "list", "watch"] },
  {
    apiGroups: [""],
    resources: ["configmaps"],
    resourceNames: ["cluster-autoscaler-priority-expander", "cluster-autoscaler-status"],
    verbs: ["delete", "get", "update", "watch"],
  },
];
