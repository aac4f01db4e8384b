import { efaHugePagesMiB, efaResource } from "../../catalog/ec2/efa.ts";
import { findInstanceType } from "../../catalog/ec2/instances.ts";
import { type AmiType, amiType, eksVersions, type KubernetesVersion } from "../../catalog/eks.ts";
import { gpu as gpuOf } from "../../catalog/gpus.ts";
import type { PurchaseOption } from "../../spec/capacity.ts";
import type { AwsPlatformSpec } from "../../spec/platform.ts";
import type { InfrastructurePlan, NodeGroupPlan } from "../infrastructure.ts";
import { type GpuSharing, resourceOf, sharesPerCard, wholeGpu } from "../sharing.ts";
import { fallbackGroups } from "./fallbacks.ts";
import { type LaunchTemplatePlan, planLaunchTemplate } from "./launchTemplate.ts";
import { resourceName } from "./naming.ts";

/** An EKS managed node group as it is created. */
export interface ManagedNodeGroupPlan {
  /** The engine puts a hyphen and seven digits behind it. Changing it replaces the group. */
  readonly name: string;
  readonly role: NodeGroupPlan["role"];
  readonly purchase: PurchaseOption;
  /** Changing it replaces the group. */
  readonly amiType: AmiType;
  /** Build of the image: changing it replaces the nodes, a few at a time. Never "the newest". */
  readonly amiRelease: string;
  readonly version: KubernetesVersion;
  /** Changing it replaces the group. */
  readonly capacityType: "ON_DEMAND" | "SPOT" | "CAPACITY_BLOCK";
  /** Empty where the launch template names the type. Changing them replaces the group. */
  readonly instanceTypes: readonly string[];
  /** Zones of its subnets. Changing them replaces the group. */
  readonly zones: readonly string[];
  /** `start` counts once, when the group is made; after that the cluster autoscaler decides between the other two. */
  readonly size: { readonly min: number; readonly start: number; readonly max: number };
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: NodeGroupPlan["taints"];
  /** How its GPUs are shared; undefined: they are whole, or there are none. */
  readonly sharing: GpuSharing | undefined;
  readonly update: {
    /** Nodes that may be missing at the same time. */
    readonly maxUnavailablePercentage: number;
    /** `MINIMAL`: old nodes go before new ones come, where there may be no room for both. */
    readonly strategy: "DEFAULT" | "MINIMAL";
  };
  readonly launchTemplate: LaunchTemplatePlan;
  /** Tags of its Auto Scaling group by which the cluster autoscaler knows what a node of an empty group would be. */
  readonly autoscalerTags: Readonly<Record<string, string>>;
  /** Workloads that the plan puts on it. */
  readonly workloads: readonly string[];
}

/** What of the environment node groups depend on. */
export interface NodeGroupContext {
  readonly spec: AwsPlatformSpec;
  readonly version: KubernetesVersion;
  /** Zones of the network. */
  readonly zones: readonly string[];
}

/** The planned groups, and those that stand by for them. */
export function planManagedNodeGroups(
  { nodeGroups }: Pick<InfrastructurePlan, "nodeGroups">,
  context: NodeGroupContext,
): ManagedNodeGroupPlan[] {
  const fallbacks = fallbackGroups(nodeGroups, context.zones, context.spec.capacity);
  return [...nodeGroups, ...fallbacks].map((group) => planManaged(group, context));
}

function planManaged(group: NodeGroupPlan, { spec, version }: NodeGroupContext): ManagedNodeGroupPlan {
  const [first] = group.instanceTypes;
  const type = findInstanceType(first);
  if (type === undefined)
    throw new Error(`node group ${group.name} is planned with ${first}, which the catalog lacks`);
  const launchTemplate = planLaunchTemplate({
    group,
    names: {
      template: resourceName(spec, "launch-template", group.name),
      placementGroup: resourceName(spec, "name-tag", group.name),
    },
  });
  const efas = launchTemplate.interfaces.filter(({ type }) => type !== "interface").length;
  const labels = {
    ...group.labels,
    ...(group.gpu && !group.gpu.sharing ? { [acceleratorLabel]: group.gpu.name } : {}),
    ...(efas > 0 ? { [efaLabel]: `${efas}` } : {}),
  };
  const { planned, max } = group.size;
  // EKS empties a group of a capacity block before the block ends, which a least size would undo.
  const min = group.purchase === "capacity-block" ? 0 : group.size.min;
  return {
    name: group.name,
    role: group.role,
    purchase: group.purchase,
    amiType: amiType(type),
    amiRelease: eksVersions[version].amiRelease,
    version,
    capacityType: capacityTypes[group.purchase],
    instanceTypes: group.purchase === "capacity-block" ? [] : group.instanceTypes,
    zones: group.zones,
    // A GPU that can't be had must stop a model, not the whole environment: the autoscaler buys GPUs for pods that wait.
    size: { min, start: group.role === "gpu" && min === 0 ? 0 : planned, max },
    labels,
    taints: group.taints,
    sharing: group.gpu?.sharing,
    update: { maxUnavailablePercentage: 33, strategy: group.reservation ? "MINIMAL" : "DEFAULT" },
    launchTemplate,
    autoscalerTags: min === 0 ? templateTags(group, labels, type.nvmeGB, efas) : {},
    workloads: Object.keys(group.pods),
  };
}

/** A reservation is bought on demand: the launch template says which one. */
const capacityTypes = {
  reservation: "ON_DEMAND",
  "capacity-block": "CAPACITY_BLOCK",
  spot: "SPOT",
  "on-demand": "ON_DEMAND",
} as const satisfies Record<PurchaseOption, ManagedNodeGroupPlan["capacityType"]>;

/**
 * Tells the cluster autoscaler that GPUs are still to come on a young node, so that it doesn't buy another meanwhile. Not on
 * nodes that share theirs: it waits for `nvidia.com/gpu`, which these never offer, and would take them for broken.
 * Source: kubernetes/autoscaler, cluster-autoscaler/processors/customresources/gpu_processor.go.
 */
const acceleratorLabel = "k8s.amazonaws.com/accelerator";

/** Label of nodes with EFA; its value is the number of interfaces. */
export const efaLabel = "ai-platform/efa";

const taintEffects = { NO_SCHEDULE: "NoSchedule" } as const;

/**
 * The cluster autoscaler takes CPUs, memory and GPUs of an empty group from its instance type; labels, taints, the
 * disk and devices of other kinds it must be told. It would also ask EKS, but takes a call that fails for a group without taints.
 * Source: kubernetes/autoscaler, cluster-autoscaler/cloudprovider/aws/README.md and aws_manager.go.
 */
function templateTags(
  { gpu, instanceStore, rootDiskGiB, taints }: NodeGroupPlan,
  labels: Readonly<Record<string, string>>,
  nvmeGB: number,
  efas: number,
): Record<string, string> {
  const prefix = "k8s.io/cluster-autoscaler/node-template";
  const diskGiB = instanceStore ? (nvmeGB * 1e9) / 2 ** 30 : rootDiskGiB;
  return {
    ...Object.fromEntries(Object.entries(labels).map(([key, value]) => [`${prefix}/label/${key}`, value])),
    ...Object.fromEntries(
      taints.map(({ effect, key, value }) => [`${prefix}/taint/${key}`, `${value}:${taintEffects[effect]}`]),
    ),
    ...Object.fromEntries(sharedDevices(gpu).map(([name, count]) => [`${prefix}/resources/${name}`, count])),
    [`${prefix}/resources/ephemeral-storage`]: `${allocatableDiskGiB(diskGiB)}Gi`,
    ...(efas > 0
      ? {
          [`${prefix}/resources/${efaResource}`]: `${efas}`,
          [`${prefix}/resources/hugepages-2Mi`]: `${efaHugePagesMiB}Mi`,
        }
      : {}),
  };
}

/** Shares that a node offers, and that it offers no whole GPU, whatever its instance type has. */
function sharedDevices(gpu: NodeGroupPlan["gpu"]): (readonly [string, string])[] {
  if (gpu?.sharing === undefined) return [];
  const shares = gpu.perNode * sharesPerCard(gpuOf(gpu.name), gpu.sharing);
  return [
    [wholeGpu, "0"],
    [resourceOf(gpu.sharing), `${shares}`],
  ];
}

/**
 * What kubelet gives out of a disk: it evicts pods when a tenth is left, and keeps 1 GiB for itself.
 * Source: amazon-eks-ami v20260714, nodeadm/internal/kubelet/config.go (evictionHard, kubeReserved).
 */
function allocatableDiskGiB(diskGiB: number): number {
  return Math.floor(diskGiB * 0.9) - 1;
}
