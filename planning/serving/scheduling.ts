import type { ModelPlan } from "../models.ts";
import { reservedLabels } from "../nodeGroups.ts";
import { sharingLabel, sharingName } from "../sharing.ts";

/** Where pods may stand. */
export interface SchedulingPlan {
  /** Labels that a node must have. Empty on a cluster that isn't ours to plan. */
  readonly nodeSelector: Readonly<Record<string, string>>;
  /** Instance types that the placement chose: preferred, so that a group's fallbacks stay possible. */
  readonly preferredTypes: readonly string[];
  readonly tolerations: readonly {
    readonly key: string;
    readonly operator: "Exists";
    readonly effect: "NoSchedule";
  }[];
  /** `node`: never two replicas on one; `zone`: that, and even over zones. */
  readonly spread: ModelPlan["spread"];
  /** Name of the class by which they may push others off a full node. */
  readonly priorityClass: string;
  /** Pods beyond the replicas while a new version rolls out. */
  readonly surge: number;
}

/** The class of all model servers, made once per cluster. */
export const servingPriority = {
  name: "ai-platform-serving",
  /** Above batch work, which has none and so 0; below what a cluster needs, two billion. */
  value: 100_000,
  description: "Model servers: they answer people, batch work can wait",
} as const;

/**
 * Where a model's pods go, as the placement planned it. Taints keep others off GPU nodes; the labels keep these pods on
 * their own kind. Pods with GPUs roll without a surge: the plan has no GPU for one pod more, and a rollout that waits for a
 * node is longer than one with a replica less.
 * @param planned whether the cluster's nodes are ours, with our labels
 */
export function planScheduling({ gpu, nodes, spread, zone }: ModelPlan, planned: boolean): SchedulingPlan {
  return {
    nodeSelector: planned ? { ...selectorFor(gpu), ...zoneSelector(zone) } : {},
    preferredTypes: [...new Set(nodes.map(({ instanceType }) => instanceType))].sort(),
    tolerations: gpu ? [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }] : [],
    spread,
    priorityClass: servingPriority.name,
    surge: gpu ? 0 : 1,
  };
}

/** What asks for whole cards needs no label to stay off shared ones: those are offered by other names. */
function selectorFor(gpu: ModelPlan["gpu"]): Record<string, string> {
  if (gpu === undefined) return { "ai-platform/role": "cpu" };
  return {
    "ai-platform/role": "gpu",
    "ai-platform/gpu": gpu.name,
    ...(gpu.sharing ? { [sharingLabel]: sharingName(gpu.sharing) } : {}),
  };
}

/** Nodes of other groups may come up in another zone. */
function zoneSelector(zone: string | undefined): Record<string, string> {
  return zone === undefined ? {} : { ...reservedLabels, "topology.kubernetes.io/zone": zone };
}
