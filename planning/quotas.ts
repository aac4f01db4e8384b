import { instanceType } from "../catalog/ec2/instances.ts";
import { type Quota, type QuotaName, quotas, vcpuQuota } from "../catalog/quotas.ts";
import type { PurchaseOption } from "../spec/capacity.ts";
import type { NetworkPlan, NodeGroupPlan, QuotaNeed } from "./infrastructure.ts";
import type { VolumePlan } from "./volumes.ts";

/** What the plan takes of one quota. */
interface Use {
  readonly quota: QuotaName;
  readonly planned: number;
  readonly largest: number;
}

export interface QuotaInput {
  readonly network: NetworkPlan;
  readonly nodeGroups: readonly NodeGroupPlan[];
  /** Whether requests come in by a load balancer. Default: yes. */
  readonly balanced?: boolean;
  /** Default: none. */
  readonly volumes?: readonly VolumePlan[];
  /** Other things that are counted, such as buckets or databases. Default: none. */
  readonly others?: Partial<Readonly<Record<QuotaName, number>>>;
}

/**
 * The service quotas that an account must have before anything is created: a node group whose quota is 0 hangs for an
 * hour before it fails.
 *
 * `planned` is what the plan starts with, `largest` what it may grow to: all groups at their `max` at once, on the
 * largest of their instance types, and on each way to buy that they may fall back to. Amounts are what this environment
 * takes; other environments of the account come on top. Only quotas that it takes something of, in the catalog's order.
 */
export function planQuotas({
  balanced = true,
  network,
  nodeGroups,
  volumes = [],
  others = {},
}: QuotaInput): QuotaNeed[] {
  const uses = [
    ...nodeGroups.flatMap(vcpusOf),
    ...nodeGroups.flatMap(fallbackVcpus),
    ...fixed({ clusters: 1, vpcs: 1, networkLoadBalancers: balanced ? 1 : 0, natGateways: 1 }),
    ...fixed({ nodeGroups: nodeGroups.length, elasticIps: network.natZones.length }),
    ...fixed({ interfaceEndpoints: network.interfaceEndpoints.length, ...others }),
    nodesOfLargestGroup(nodeGroups),
    gp3Tebibytes(nodeGroups, volumes),
  ];
  return quotaNames.flatMap((name) => {
    const own = uses.filter(({ quota }) => quota === name);
    const planned = total(own.map((use) => use.planned));
    const largest = total(own.map((use) => use.largest));
    return largest > 0 ? [needOf(quotas[name], planned, largest)] : [];
  });
}

const quotaNames = Object.keys(quotas).filter((name): name is QuotaName => name in quotas);

function needOf({ service, code, name, awsDefault }: Quota, planned: number, largest: number): QuotaNeed {
  return { service, code, name, planned, largest, awsDefault };
}

/** vCPUs of a group under the quota of how it is bought. */
function vcpusOf({ instanceTypes, purchase, size }: NodeGroupPlan): Use[] {
  const quota = quotaOf(instanceTypes[0], purchase);
  if (quota === undefined) return [];
  const planned = size.planned * instanceType(instanceTypes[0]).vcpus;
  return [{ quota, planned, largest: Math.max(planned, size.max * mostVcpus(instanceTypes)) }];
}

/** The same under each quota that it falls back to and is not in yet. */
function fallbackVcpus({ fallbacks, instanceTypes, purchase, size }: NodeGroupPlan): Use[] {
  const own = quotaOf(instanceTypes[0], purchase);
  const further = new Set(fallbacks.map((way) => quotaOf(instanceTypes[0], way)));
  return [...further].flatMap((quota) =>
    quota === undefined || quota === own
      ? []
      : [{ quota, planned: 0, largest: size.max * mostVcpus(instanceTypes) }],
  );
}

/** A reservation counts as on-demand. A capacity block counts nowhere. */
function quotaOf(type: string, purchase: PurchaseOption): QuotaName | undefined {
  if (purchase === "capacity-block") return undefined;
  return vcpuQuota(instanceType(type).family, purchase === "spot" ? "spot" : "on-demand");
}

function mostVcpus(types: readonly string[]): number {
  return Math.max(...types.map((type) => instanceType(type).vcpus));
}

function fixed(counts: Partial<Readonly<Record<QuotaName, number>>>): Use[] {
  return quotaNames.map((quota) => ({ quota, planned: counts[quota] ?? 0, largest: counts[quota] ?? 0 }));
}

function nodesOfLargestGroup(nodeGroups: readonly NodeGroupPlan[]): Use {
  const most = (of: (group: NodeGroupPlan) => number) => Math.max(0, ...nodeGroups.map(of));
  return {
    quota: "nodesPerNodeGroup",
    planned: most(({ size }) => size.planned),
    largest: most(({ size }) => size.max),
  };
}

/** Root volumes of nodes and the volumes of pods, in whole TiB. */
function gp3Tebibytes(nodeGroups: readonly NodeGroupPlan[], volumes: readonly VolumePlan[]): Use {
  const data = total(volumes.map(({ count, gib }) => count * gib));
  const roots = (nodes: (group: NodeGroupPlan) => number) =>
    total(nodeGroups.map((group) => nodes(group) * group.rootDiskGiB));
  return {
    quota: "gp3Storage",
    planned: Math.ceil((data + roots(({ size }) => size.planned)) / 1024),
    largest: Math.ceil((data + roots(({ size }) => size.max)) / 1024),
  };
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
