import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { MonitoringPlan } from "../../planning/monitoring/monitoring.ts";
import { metricsApiApp, prometheusApp } from "../../planning/monitoring/pods.ts";
import { named, type Placement } from "../kubernetes/metadata.ts";

type Rule = { readonly apiGroups: string[]; readonly resources: string[]; readonly verbs: string[] };

const pods = (verbs: string[]): Rule => ({ apiGroups: [""], resources: ["pods"], verbs });
const watch = ["get", "list", "watch"];

/** An account of ours and the workload that it is of. */
interface Holder extends Placement {
  readonly app: string;
  readonly account: pulumi.Input<string>;
}

const subjectsOf = ({ account, namespace }: Holder) => [{ kind: "ServiceAccount", name: account, namespace }];
const roleRef = (kind: "ClusterRole" | "Role", name: pulumi.Input<string>) => ({
  apiGroup: "rbac.authorization.k8s.io",
  kind,
  name,
});

/** Prometheus sees pods where it asks some, and nodes where it asks those. Upstream's example lets it see all namespaces. */
export function scrapingRights(
  name: string,
  { addresses, scraped }: MonitoringPlan,
  place: Placement,
  account: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const holder = { ...place, app: prometheusApp, account };
  const namespaces = [...new Set(scraped.map(({ namespace }) => namespace))];
  return [
    ...(addresses.length > 0 ? [seesNodes(`${name}-nodes`, holder, opts)] : []),
    ...namespaces.map((namespace) => granted(`${name}-${namespace}`, namespace, pods(watch), holder, opts)),
  ];
}

function seesNodes(name: string, holder: Holder, opts: pulumi.CustomResourceOptions): pulumi.Resource {
  const metadata = {
    name: `${holder.namespace}-${holder.app}`,
    labels: named(holder.app, holder.app, holder).labels,
  };
  const nodes = new k8s.rbac.v1.ClusterRole(
    name,
    { metadata, rules: [{ apiGroups: [""], resources: ["nodes"], verbs: watch }] },
    opts,
  );
  return new k8s.rbac.v1.ClusterRoleBinding(
    name,
    { metadata, roleRef: roleRef("ClusterRole", nodes.metadata.name), subjects: subjectsOf(holder) },
    opts,
  );
}

/**
 * prometheus-adapter finds the pods that an autoscaler means by their labels, asks the API server who is asking and what he
 * may, and knows the API server by what lies in `kube-system`. That autoscalers may ask is in Kubernetes itself: the role
 * `system:controller:horizontal-pod-autoscaler` has all of custom.metrics.k8s.io.
 */
export function servingRights(
  name: string,
  { scaledNamespace }: MonitoringPlan,
  place: Placement,
  account: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const holder = { ...place, app: metricsApiApp, account };
  const subjects = subjectsOf(holder);
  const { labels } = named(metricsApiApp, metricsApiApp, place);
  const own = `${place.namespace}-${metricsApiApp}`;
  return [
    ...(scaledNamespace === undefined
      ? []
      : [granted(`${name}-pods`, scaledNamespace, pods(["get", "list"]), holder, opts)]),
    new k8s.rbac.v1.ClusterRoleBinding(
      `${name}-delegator`,
      {
        metadata: { name: own, labels },
        roleRef: roleRef("ClusterRole", "system:auth-delegator"),
        subjects,
      },
      opts,
    ),
    new k8s.rbac.v1.RoleBinding(
      `${name}-reader`,
      {
        metadata: { name: own, namespace: "kube-system", labels },
        roleRef: roleRef("Role", "extension-apiserver-authentication-reader"),
        subjects,
      },
      opts,
    ),
  ];
}

/** A right in one namespace. */
function granted(
  name: string,
  namespace: string,
  rule: Rule,
  holder: Holder,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const metadata = named(holder.app, holder.app, { namespace, labels: holder.labels });
  const role = new k8s.rbac.v1.Role(name, { metadata, rules: [rule] }, opts);
  return new k8s.rbac.v1.RoleBinding(
    name,
    { metadata, roleRef: roleRef("Role", role.metadata.name), subjects: subjectsOf(holder) },
    opts,
  );
}
