import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import { type AutoscalerPlan, autoscalerApp, autoscalerPort } from "../../planning/foundation/autoscaler.ts";
import { named } from "../kubernetes/metadata.ts";
import { IsolatedNamespace } from "../kubernetes/namespace.ts";
import type { Peer } from "../kubernetes/network.ts";
import { WebService } from "../kubernetes/webService.ts";
import { autoscalerRights } from "./autoscalerRights.ts";
import { PodIdentityRole } from "./podIdentity.ts";

export interface ClusterAutoscalerArgs {
  readonly plan: AutoscalerPlan;
  /** Name of the cluster, known when there is one. */
  readonly clusterName: pulumi.Input<string>;
  readonly labels: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  /** Who collects its metrics. */
  readonly scrapers: readonly Peer[];
  /** What its pod can't run without: a node and name resolution. */
  readonly after: readonly pulumi.Resource[];
}

const app = autoscalerApp;
/** The image's own user, `nobody`. */
const user = 65534;

/**
 * Kubernetes' cluster autoscaler: grows node groups for pods that find no room, paid-for capacity first, and removes
 * nodes that stand half empty for ten minutes. A group that gets no capacity is left alone for a while and the next in
 * order is tried.
 *
 * Rolls without an outage of anything but scaling. It costs nothing; what it buys does.
 */
export class ClusterAutoscaler extends pulumi.ComponentResource {
  readonly namespace: IsolatedNamespace;

  constructor(name: string, args: ClusterAutoscalerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:foundation:ClusterAutoscaler", name, {}, opts);
    const child = { parent: this };
    const { clusterName, labels, plan, tags } = args;
    const place = { namespace: plan.namespace, labels };

    const namespace = new IsolatedNamespace(plan.namespace, { name: plan.namespace, labels }, child);
    this.namespace = namespace;
    const inNamespace = { ...child, dependsOn: namespace };
    const role = new PodIdentityRole(name, { plan: plan.role, clusterName, tags }, child);
    const account = new k8s.core.v1.ServiceAccount(name, { metadata: named(app, app, place) }, inNamespace);
    const rights = autoscalerRights(name, place, account.metadata.name, inNamespace);
    const priorities = new k8s.core.v1.ConfigMap(
      `${name}-priorities`,
      {
        // The autoscaler looks for this name, and reads it anew when it changes.
        metadata: named("cluster-autoscaler-priority-expander", app, place),
        data: { priorities: stringify(prioritiesOf(plan)) },
      },
      inNamespace,
    );
    new WebService(
      name,
      {
        ...place,
        app,
        image: plan.image,
        command: ["./cluster-autoscaler", ...flags(plan)],
        env: { AWS_REGION: plan.region },
        port: autoscalerPort,
        health: { ready: "/health-check", startSeconds: 120 },
        replicas: 1,
        resources: plan.resources,
        user,
        priorityClass: "system-cluster-critical",
        serviceAccountWithToken: account.metadata.name,
        from: args.scrapers,
        to: ["kubernetes-api", "aws"],
        after: [role, priorities, ...rights, ...args.after],
      },
      inNamespace,
    );

    this.registerOutputs({});
  }
}

const prioritiesOf = ({ priorities }: AutoscalerPlan) =>
  Object.fromEntries(priorities.map(({ groups, priority }) => [priority, groups]));

/**
 * As upstream's example for AWS sets them, and: nodes with pods of kube-system or with scratch folders may go too, or none
 * ever would, as each has both; DaemonSets don't make a node look busy.
 */
function flags({ clusterName, namespace }: AutoscalerPlan): string[] {
  return [
    "--cloud-provider=aws",
    `--node-group-auto-discovery=asg:tag=k8s.io/cluster-autoscaler/enabled,k8s.io/cluster-autoscaler/${clusterName}`,
    `--namespace=${namespace}`,
    "--expander=priority,least-waste",
    "--balance-similar-node-groups=false",
    "--skip-nodes-with-local-storage=false",
    "--skip-nodes-with-system-pods=false",
    "--ignore-daemonsets-utilization=true",
    "--scale-down-unneeded-time=10m",
    "--max-node-provision-time=15m",
    "--stderrthreshold=info",
    "--v=2",
  ];
}
