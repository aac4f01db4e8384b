import type { AwsPlatformSpec } from "../../spec/platform.ts";
import type { InfrastructurePlan } from "../infrastructure.ts";
import { type CostComponent, labelsFor, tagsByComponent } from "../ownership.ts";
import { type AddonPlan, planAddons } from "./addons.ts";
import { type AutoscalerPlan, planAutoscaler } from "./autoscaler.ts";
import { type ClusterPlan, planCluster } from "./cluster.ts";
import { type GpuNodesPlan, planGpuNodes } from "./gpuNodes.ts";
import { nodeRole } from "./iam/nodes.ts";
import type { RolePlan, ServiceRolePlan } from "./iam/roles.ts";
import { type KeyPlan, planKey } from "./keys.ts";
import { type ManagedNodeGroupPlan, planManagedNodeGroups } from "./nodeGroups.ts";
import { planVpc, type VpcPlan } from "./vpc.ts";

/** Network, cluster and nodes of an environment: what everything else stands on. */
export interface FoundationPlan {
  readonly region: string;
  /** AWS tags of everything that can be tagged, by the part of the bill that it is on. */
  readonly tags: Readonly<Record<CostComponent, Readonly<Record<string, string>>>>;
  /** Kubernetes labels of everything. */
  readonly labels: Readonly<Record<string, string>>;
  /** Whether the cluster may be deleted by `pulumi destroy`. */
  readonly protectState: boolean;
  /** Encrypts the log groups. */
  readonly logsKey: KeyPlan;
  readonly vpc: VpcPlan;
  readonly cluster: ClusterPlan;
  /** The role of all nodes. */
  readonly nodeRole: ServiceRolePlan;
  readonly nodeGroups: readonly ManagedNodeGroupPlan[];
  readonly addons: readonly AddonPlan[];
  readonly autoscaler: AutoscalerPlan;
  /** Undefined for an environment without GPUs. */
  readonly gpuNodes: GpuNodesPlan | undefined;
}

/** Turns the description and the decisions about addresses and nodes into what the components create. */
export function planFoundation(
  spec: AwsPlatformSpec,
  infrastructure: Pick<InfrastructurePlan, "network" | "nodeGroups">,
): FoundationPlan {
  const cluster = planCluster(spec, infrastructure.network);
  const { version } = cluster;
  const nodeGroups = planManagedNodeGroups(infrastructure, {
    spec,
    version,
    zones: infrastructure.network.zones,
  });
  return {
    region: spec.cloud.region,
    tags: tagsByComponent(spec),
    labels: labelsFor(spec),
    protectState: spec.environment === "prod",
    logsKey: planKey(spec, "logs", "Log groups in CloudWatch"),
    vpc: planVpc(spec, infrastructure.network),
    cluster,
    nodeRole: nodeRole(spec),
    nodeGroups,
    addons: planAddons(spec, version),
    autoscaler: planAutoscaler(spec, version, nodeGroups),
    gpuNodes: planGpuNodes(nodeGroups),
  };
}

/** Every key of the foundation: each costs by the month. */
export function keysOf({ cluster, logsKey }: Pick<FoundationPlan, "cluster" | "logsKey">): KeyPlan[] {
  return [cluster.key, logsKey];
}

/** Every role of the foundation. */
export function rolesOf({ addons, autoscaler, cluster, nodeRole, vpc }: FoundationPlan): RolePlan[] {
  return [
    vpc.flowLogs.role,
    cluster.role,
    nodeRole,
    autoscaler.role,
    ...addons.flatMap(({ role }) => role ?? []),
  ];
}
