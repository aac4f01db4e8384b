import { defaultKubernetesVersion, type KubernetesVersion } from "../../catalog/eks.ts";
import { partitionOf } from "../../catalog/partitions.ts";
import { clusterName } from "../../spec/defaults.ts";
import type { AwsPlatformSpec } from "../../spec/platform.ts";
import type { NetworkPlan } from "../infrastructure.ts";
import type { ServiceRolePlan } from "./iam/roles.ts";
import { type KeyPlan, planKey } from "./keys.ts";
import { type LogGroupPlan, logRetentionDays } from "./logs.ts";
import { resourceName } from "./naming.ts";

/** Kinds of log that EKS's control plane writes: all that there are. */
export const controlPlaneLogs = ["api", "audit", "authenticator", "controllerManager", "scheduler"] as const;

/** The EKS control plane: $0.10 an hour, $0.60 in extended support. */
export interface ClusterPlan {
  /** Changing it replaces the cluster and everything in it. */
  readonly name: string;
  /** Goes up by one minor version at a time, in place; never down. */
  readonly version: KubernetesVersion;
  /** Changing it replaces the cluster. */
  readonly serviceCidr: string;
  readonly endpoint: {
    /** Ranges that may reach the API server over the internet; empty: it has no address there. */
    readonly publicCidrs: readonly string[];
    /** Ranges that may reach its address in the VPC, beside the nodes. */
    readonly privateCidrs: readonly string[];
  };
  readonly logs: { readonly kinds: typeof controlPlaneLogs; readonly group: LogGroupPlan };
  /** Encrypts Secrets and the like in etcd. Can't be changed or taken away later. */
  readonly key: KeyPlan;
  readonly role: ServiceRolePlan;
  /**
   * What happens when standard support of the version ends. `STANDARD`: EKS upgrades the cluster by itself, which is
   * right where an upgrade may break something. `EXTENDED`, in prod: it stays, at six times the price, until people
   * upgrade it.
   */
  readonly supportType: "STANDARD" | "EXTENDED";
  /**
   * Whether traffic can be moved out of a zone that is ill (Application Recovery Controller). In prod, whose services
   * stand in three zones; it costs nothing.
   */
  readonly zonalShift: boolean;
  /** Whether AWS itself refuses to delete it. In prod. */
  readonly deletionProtection: boolean;
  /** ARNs of roles and users that administer it, beside whoever created it. */
  readonly admins: readonly string[];
}

export function planCluster(spec: AwsPlatformSpec, network: NetworkPlan): ClusterPlan {
  const prod = spec.environment === "prod";
  const name = clusterName(spec);
  return {
    name,
    version: spec.cluster.version ?? defaultKubernetesVersion,
    serviceCidr: network.serviceCidr,
    endpoint: {
      publicCidrs: spec.cluster.publicAccessCidrs,
      privateCidrs: [...new Set([network.cidr, ...spec.cluster.privateAccessCidrs])],
    },
    logs: {
      kinds: controlPlaneLogs,
      // EKS writes to a group of this name and no other, and makes one that keeps everything where there is none.
      group: { name: `/aws/eks/${name}/cluster`, retentionDays: logRetentionDays(spec) },
    },
    key: planKey(spec, "cluster", `Secrets of the EKS cluster ${name}`),
    role: {
      kind: "service",
      name: resourceName(spec, "iam-role", "cluster"),
      description: `Control plane of the EKS cluster ${name}`,
      service: "eks.amazonaws.com",
      onBehalfOf: { service: "eks", region: spec.cloud.region, resource: `cluster/${name}` },
      managedPolicies: [`arn:${partitionOf(spec.cloud.region)}:iam::aws:policy/AmazonEKSClusterPolicy`],
      policies: {},
    },
    supportType: prod ? "EXTENDED" : "STANDARD",
    zonalShift: prod,
    deletionProtection: prod,
    admins: [...new Set(spec.cluster.admins)].sort(),
  };
}
