import type { KubernetesVersion } from "../../catalog/eks.ts";
import { imageRef, type RegistryImageName } from "../../catalog/images.ts";
import { clusterName } from "../../spec/defaults.ts";
import type { AwsPlatformSpec } from "../../spec/platform.ts";
import type { Resources } from "../services.ts";
import { purchaseOrder } from "../workloads.ts";
import { clusterAutoscalerPolicy } from "./iam/addons.ts";
import type { PodRolePlan } from "./iam/roles.ts";
import { resourceName } from "./naming.ts";
import type { ManagedNodeGroupPlan } from "./nodeGroups.ts";

/** The program that adds nodes for pods that find no room, and removes those that stand empty. */
export interface AutoscalerPlan {
  readonly namespace: string;
  readonly image: string;
  readonly region: string;
  readonly clusterName: string;
  readonly role: PodRolePlan;
  readonly resources: Resources;
  /**
   * Which groups it grows first where several would do: patterns of Auto Scaling groups by priority, the highest first.
   * It goes on to the next when a group gets no capacity.
   */
  readonly priorities: readonly { readonly priority: number; readonly groups: readonly string[] }[];
}

export const autoscalerNamespace = "ai-autoscaler";

/** Name of the Deployment and of the service account that the role belongs to. */
export const autoscalerApp = "cluster-autoscaler";

/** Port of `/health-check` and `/metrics`. */
export const autoscalerPort = 8085;

/** It simulates the scheduler, so its minor version is the cluster's. */
const images = {
  "1.34": "clusterAutoscaler134",
  "1.35": "clusterAutoscaler135",
  "1.36": "clusterAutoscaler136",
} as const satisfies Record<KubernetesVersion, RegistryImageName>;

/** @param nodeGroups all of them, those that stand by included */
export function planAutoscaler(
  spec: AwsPlatformSpec,
  version: KubernetesVersion,
  nodeGroups: readonly ManagedNodeGroupPlan[],
): AutoscalerPlan {
  const cluster = clusterName(spec);
  const { region } = spec.cloud;
  return {
    namespace: autoscalerNamespace,
    image: imageRef(images[version]),
    region,
    clusterName: cluster,
    role: {
      kind: "pod",
      name: resourceName(spec, "iam-role", autoscalerApp),
      description: "Cluster autoscaler: sizes of the node groups",
      clusterName: cluster,
      namespace: autoscalerNamespace,
      serviceAccount: autoscalerApp,
      policies: { access: clusterAutoscalerPolicy({ region, clusterName: cluster }) },
    },
    // The requests are upstream's; its memory grows with nodes and pods, 600 MiB being enough for 1,000 nodes.
    resources: { requests: { cpu: "100m", memory: "600Mi" }, limits: { memory: "1200Mi" } },
    priorities: priorities(spec, nodeGroups),
  };
}

/**
 * By the order in which the spec wants capacity bought, so that what is paid for already comes first. EKS names the Auto
 * Scaling group of a node group `eks-<name>-<uuid>`, and the engine puts hexadecimal digits behind our name.
 */
function priorities(
  spec: AwsPlatformSpec,
  nodeGroups: readonly ManagedNodeGroupPlan[],
): AutoscalerPlan["priorities"] {
  const order = purchaseOrder(spec);
  const ways = [...new Set([...order, ...nodeGroups.map(({ purchase }) => purchase)])];
  return ways
    .map((way, index) => ({
      priority: 10 * (ways.length - index),
      groups: nodeGroups
        .filter(({ purchase }) => purchase === way)
        .map(({ name }) => `^eks-${name}-[0-9a-f-]+$`)
        .sort(),
    }))
    .filter(({ groups }) => groups.length > 0);
}
