import { type AddonName, addonNames, eksVersions, type KubernetesVersion } from "../../catalog/eks.ts";
import { clusterName } from "../../spec/defaults.ts";
import type { AwsPlatformSpec } from "../../spec/platform.ts";
import { encryptedBucket } from "../data/buckets.ts";
import { gpuTaint } from "../nodeGroups.ts";
import { type CostComponent, tagsByComponent } from "../ownership.ts";
import { daemonRequests } from "./daemons.ts";
import { ebsCsiPolicy, type PolicyScope, vpcCniPolicy } from "./iam/addons.ts";
import { bucketReadPolicy } from "./iam/buckets.ts";
import type { PolicyDocument } from "./iam/policy.ts";
import type { PodRolePlan } from "./iam/roles.ts";
import { resourceName } from "./naming.ts";

/** An EKS add-on. AWS installs and repairs it; its version is ours to move. */
export interface AddonPlan {
  readonly name: AddonName;
  readonly version: string;
  /** What differs from the add-on's own defaults. */
  readonly configuration: Readonly<Record<string, unknown>> | undefined;
  /** The role of its service account; undefined where it needs nothing of AWS. */
  readonly role: PodRolePlan | undefined;
  /** When it is installed in a cluster that starts from nothing; it goes in the opposite order. */
  readonly turn: AddonTurn;
  /** Add-ons that must be there before. */
  readonly after: readonly AddonName[];
}

/**
 * `before-nodes`: a node isn't ready without it. `after-nodes`: it has Deployments, which EKS waits for, and they need a
 * node. `any`: it only has pods on nodes that there are.
 */
export type AddonTurn = "before-nodes" | "any" | "after-nodes";

interface AddonChoice {
  readonly turn: AddonTurn;
  readonly after?: readonly AddonName[];
  readonly configuration?: (
    tags: Readonly<Record<CostComponent, Readonly<Record<string, string>>>>,
  ) => Readonly<Record<string, unknown>>;
  readonly role?: {
    readonly serviceAccount: string;
    readonly policy: (scope: PolicyScope, spec: AwsPlatformSpec) => PolicyDocument;
  };
}

const choices: Readonly<Record<AddonName, AddonChoice>> = {
  "vpc-cni": {
    turn: "before-nodes",
    /**
     * Prefixes of 16 addresses instead of single ones, one kept warm, so that a node takes more pods and asks EC2 less
     * often; network policies are enforced; interfaces carry the tags of everything.
     */
    configuration: (tags) => ({
      enableNetworkPolicy: "true",
      env: {
        ADDITIONAL_ENI_TAGS: JSON.stringify(tags.nodes),
        ENABLE_PREFIX_DELEGATION: "true",
        WARM_PREFIX_TARGET: "1",
      },
    }),
    role: { serviceAccount: "aws-node", policy: vpcCniPolicy },
  },
  // aws-node finds the API server by its Service.
  "kube-proxy": { turn: "before-nodes" },
  // aws-node has its rights from here, so no node gets ready without it.
  "eks-pod-identity-agent": { turn: "before-nodes" },
  coredns: { turn: "after-nodes" },
  "metrics-server": { turn: "after-nodes" },
  "snapshot-controller": { turn: "after-nodes" },
  "aws-ebs-csi-driver": {
    turn: "after-nodes",
    // It starts its part for snapshots only where their custom resources are there when it is installed.
    after: ["snapshot-controller"],
    configuration: (tags) => ({ controller: { extraVolumeTags: tags.storage } }),
    role: { serviceAccount: "ebs-csi-controller-sa", policy: ebsCsiPolicy },
  },
  "aws-mountpoint-s3-csi-driver": {
    turn: "after-nodes",
    // Models are read on GPU nodes, which are tainted.
    configuration: () => ({ node: { tolerateAllTaints: true } }),
    role: {
      serviceAccount: "s3-csi-driver-sa",
      policy: (_scope, spec) => bucketReadPolicy(encryptedBucket(spec, "models")),
    },
  },
  "kube-state-metrics": { turn: "after-nodes" },
  "eks-node-monitoring-agent": {
    turn: "any",
    /**
     * The agent asks a DCGM engine on each GPU node for the GPUs' health. Of itself the engine tolerates no taint, and
     * every GPU is then reported as broken; it requests nothing either.
     * Source: EKS user guide, "Configure the Amazon EKS node monitoring agent".
     */
    configuration: () => ({
      dcgmAgent: {
        tolerations: [{ key: gpuTaint, operator: "Exists", effect: "NoSchedule" }],
        resources: { requests: daemonRequests("dcgm-server") },
      },
    }),
  },
  "prometheus-node-exporter": { turn: "any" },
};

export function planAddons(spec: AwsPlatformSpec, version: KubernetesVersion): AddonPlan[] {
  const cluster = clusterName(spec);
  const scope = { region: spec.cloud.region, clusterName: cluster };
  return addonNames.map((name) => {
    const { after = [], configuration, role, turn } = choices[name];
    return {
      name,
      version: eksVersions[version].addons[name].version,
      configuration: configuration?.(tagsByComponent(spec)),
      role: role && {
        kind: "pod",
        name: resourceName(spec, "iam-role", name),
        description: `EKS add-on ${name}`,
        clusterName: cluster,
        namespace: "kube-system",
        serviceAccount: role.serviceAccount,
        policies: { access: role.policy(scope, spec) },
      },
      turn,
      after,
    };
  });
}
