import { homeRegion } from "./partitions.ts";

/** A Service Quotas quota of one region (S3's is of the account). */
export interface Quota {
  /** Service code, for example `ec2`. */
  readonly service: string;
  readonly code: string;
  /** As the console shows it. */
  readonly name: string;
  readonly unit: "vCPU" | "count" | "TiB";
  /** What a new account has; AWS may start an account lower. Undefined where AWS documents none. */
  readonly awsDefault: number | undefined;
  /** Of what there may be so many. */
  readonly per: "account" | "region" | "zone" | "cluster" | "node group" | "VPC";
}

/**
 * Quotas that the platform runs into. Source: AWS General Reference, service endpoints and quotas; codes as
 * `aws service-quotas list-service-quotas` prints them, 2026-11-23.
 */
export const quotas = {
  onDemandStandard: vcpus(
    "L-1216C47A",
    "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances",
    5,
  ),
  onDemandG: vcpus("L-DB2E81BA", "Running On-Demand G and VT instances", 0),
  onDemandP: vcpus("L-417A185B", "Running On-Demand P instances", 0),
  spotStandard: vcpus("L-34B43A08", "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests", 5),
  spotG: vcpus("L-3819A6DF", "All G and VT Spot Instance Requests", 0),
  spotP4: vcpus("L-7212CCBC", "All P4, P3 and P2 Spot Instance Requests", 0),
  spotP5: vcpus("L-C4BD4855", "All P5 Spot Instance Requests", 0),
  clusters: counted("eks", "L-1194D53C", "Clusters", 100, "region"),
  nodeGroups: counted("eks", "L-6D54EA21", "Managed node groups per cluster", 30, "cluster"),
  nodesPerNodeGroup: counted("eks", "L-BD136A63", "Nodes per managed node group", 450, "node group"),
  vpcs: counted("vpc", "L-F678F1CE", "VPCs per Region", 5, "region"),
  natGateways: counted("vpc", "L-FE5A380F", "NAT gateways per Availability Zone", 5, "zone"),
  interfaceEndpoints: counted("vpc", "L-29B6F2EB", "Interface VPC endpoints per VPC", 50, "VPC"),
  elasticIps: counted("ec2", "L-0263D0A3", "EC2-VPC Elastic IPs", 5, "region"),
  networkLoadBalancers: counted(
    "elasticloadbalancing",
    "L-69A177A2",
    "Network Load Balancers per Region",
    50,
    "region",
  ),
  gp3Storage: {
    service: "ebs",
    code: "L-7A658B76",
    name: "Storage for General Purpose SSD (gp3) volumes, in TiB",
    unit: "TiB",
    awsDefault: 50,
    per: "region",
  },
  databaseInstances: counted("rds", "L-7B6409FD", "DB instances", 40, "region"),
  /** 100 until November 2024. */
  buckets: counted("s3", "L-DC2B2D3D", "General purpose buckets", 10_000, "account"),
} as const satisfies Record<string, Quota>;
export type QuotaName = keyof typeof quotas;

/**
 * The quota that running instances of a family take vCPUs from, by how they are bought.
 * A capacity reservation takes from the on-demand quota whether instances run in it or not; a capacity block takes
 * from none. AWS names no spot quota for P6: it is counted with P5.
 * @param family such as `g6` or `p6-b200`; families of accelerators other than GPUs are not in the catalog
 */
export function vcpuQuota(family: string, purchase: "on-demand" | "spot"): QuotaName {
  const spot = purchase === "spot";
  if (/^g\w?\d/.test(family)) return spot ? "spotG" : "onDemandG";
  const generation = /^p(\d+)/.exec(family)?.[1];
  if (generation === undefined) return spot ? "spotStandard" : "onDemandStandard";
  if (!spot) return "onDemandP";
  return Number(generation) >= 5 ? "spotP5" : "spotP4";
}

/**
 * Region in which Service Quotas knows a quota of a stack in `region`: its own, but for S3, whose quota is of the account and
 * kept in one region of each partition. Source: S3 user guide, "General purpose bucket quotas, limitations, and
 * restrictions".
 */
export function quotaRegion(service: string, region: string): string {
  return service === "s3" ? homeRegion(region) : region;
}

function vcpus(code: string, name: string, awsDefault: number): Quota {
  return { service: "ec2", code, name, unit: "vCPU", awsDefault, per: "region" };
}

function counted(service: string, code: string, name: string, awsDefault: number, per: Quota["per"]): Quota {
  return { service, code, name, unit: "count", awsDefault, per };
}
