import type { InstanceType } from "./ec2/instance.ts";

/** Minor versions of Kubernetes that EKS offers and that the add-ons in this catalog are pinned for. */
export const kubernetesVersions = ["1.34", "1.35", "1.36"] as const;
export type KubernetesVersion = (typeof kubernetesVersions)[number];

/** What a new cluster gets: the newest here, which is also what the sandbox runs. */
export const defaultKubernetesVersion: KubernetesVersion = "1.36";

/** EKS add-ons that the platform installs, by the name that EKS knows them by. */
export const addonNames = [
  "vpc-cni",
  "coredns",
  "kube-proxy",
  "eks-pod-identity-agent",
  "aws-ebs-csi-driver",
  "aws-mountpoint-s3-csi-driver",
  "snapshot-controller",
  "eks-node-monitoring-agent",
  "metrics-server",
  "kube-state-metrics",
  "prometheus-node-exporter",
] as const;
export type AddonName = (typeof addonNames)[number];

/** Machine images of managed node groups that the platform uses, by EKS's own names. */
export const amiTypes = ["AL2023_x86_64_STANDARD", "AL2023_ARM_64_STANDARD", "AL2023_x86_64_NVIDIA"] as const;
export type AmiType = (typeof amiTypes)[number];

/** One build of an add-on. */
export interface AddonPin {
  /** As `aws eks create-addon` takes it. */
  readonly version: string;
  /**
   * Whether the source shows this build on this version of Kubernetes. Where not, it is known from another version or
   * the source doesn't say; EKS refuses a build that doesn't fit when the add-on is created.
   */
  readonly confirmed: boolean;
}

/** One minor version of Kubernetes on EKS. */
export interface EksVersion {
  readonly version: KubernetesVersion;
  /** Last day of standard support, ISO date. After it the control plane costs six times as much. */
  readonly standardSupportEnds: string;
  /** Last day of extended support; then EKS upgrades the cluster by itself. */
  readonly extendedSupportEnds: string;
  readonly addons: Readonly<Record<AddonName, AddonPin>>;
  /** Release of the AL2023 images for managed node groups: Kubernetes' version and the day. One for all types. */
  readonly amiRelease: string;
}

const seen = (version: string): AddonPin => ({ version, confirmed: true });
const unconfirmed = (version: string): AddonPin => ({ version, confirmed: false });

/** Add-ons whose builds are the same for all versions here. */
const shared = {
  "vpc-cni": seen("v1.23.1-eksbuild.1"),
  "eks-pod-identity-agent": seen("v1.4.0-eksbuild.2"),
  "aws-ebs-csi-driver": seen("v1.66.0-eksbuild.1"),
  "aws-mountpoint-s3-csi-driver": unconfirmed("v2.7.0-eksbuild.1"),
  "snapshot-controller": unconfirmed("v8.6.0-eksbuild.8"),
  "eks-node-monitoring-agent": unconfirmed("v1.7.0-eksbuild.1"),
  "kube-state-metrics": unconfirmed("v2.19.1-eksbuild.2"),
  "prometheus-node-exporter": unconfirmed("v1.11.1-eksbuild.7"),
} as const satisfies Partial<Record<AddonName, AddonPin>>;

/**
 * EKS's versions. Dates of support: EKS user guide, release calendar, read 2026-04-24 and, for 1.36, 2026-09-23.
 * Add-ons and AMI releases: Terraform of running clusters, August to October 2026; 1.34's AMI: amazon-eks-ami's
 * releases. AWS publishes no list of builds outside its API: `aws eks describe-addon-versions` has the last word.
 */
export const eksVersions: Readonly<Record<KubernetesVersion, EksVersion>> = {
  "1.34": {
    version: "1.34",
    standardSupportEnds: "2026-12-02",
    extendedSupportEnds: "2027-12-02",
    addons: {
      ...shared,
      coredns: seen("v1.13.2-eksbuild.24"),
      "kube-proxy": seen("v1.34.6-eksbuild.25"),
      "metrics-server": seen("v0.9.0-eksbuild.5"),
    },
    amiRelease: "1.34.9-20260810",
  },
  "1.35": {
    version: "1.35",
    standardSupportEnds: "2027-03-27",
    extendedSupportEnds: "2028-03-27",
    addons: {
      ...shared,
      coredns: seen("v1.14.6-eksbuild.4"),
      "kube-proxy": seen("v1.35.3-eksbuild.29"),
      "metrics-server": seen("v0.9.0-eksbuild.5"),
    },
    amiRelease: "1.35.8-20260930",
  },
  "1.36": {
    version: "1.36",
    standardSupportEnds: "2027-08-02",
    extendedSupportEnds: "2028-08-02",
    addons: {
      ...shared,
      coredns: seen("v1.14.6-eksbuild.4"),
      "kube-proxy": seen("v1.36.0-eksbuild.25"),
      "metrics-server": seen("v0.9.0-eksbuild.11"),
    },
    amiRelease: "1.36.4-20260923",
  },
};

/** What EKS supports a version as on a day. */
export function supportOn(version: KubernetesVersion, isoDate: string): "standard" | "extended" | "ended" {
  const { standardSupportEnds, extendedSupportEnds } = eksVersions[version];
  if (isoDate <= standardSupportEnds) return "standard";
  return isoDate <= extendedSupportEnds ? "extended" : "ended";
}

/** The image that nodes of an instance type boot: NVIDIA's driver is in it where the platform uses the type's GPUs. */
export function amiType(type: InstanceType): AmiType {
  if (type.gpu) return "AL2023_x86_64_NVIDIA";
  return type.architecture === "arm64" ? "AL2023_ARM_64_STANDARD" : "AL2023_x86_64_STANDARD";
}

/**
 * Name of the image behind a release for managed node groups, as EC2 lists it: that of `1.36.4-20260923` and NVIDIA's type
 * is `amazon-eks-node-al2023-x86_64-nvidia-1.36-v20260923`. A release `*` makes a pattern for all of them.
 * Source: aws/karpenter-provider-aws, pkg/providers/amifamily/al2023.go, resolvePath.
 */
export function amiName(type: AmiType, version: KubernetesVersion, release: string): string {
  const day = release.slice(release.lastIndexOf("-") + 1);
  return `amazon-eks-node-al2023-${amiVariants[type]}-${version}-v${day}`;
}

const amiVariants: Readonly<Record<AmiType, string>> = {
  AL2023_x86_64_STANDARD: "x86_64-standard",
  AL2023_ARM_64_STANDARD: "arm64-standard",
  AL2023_x86_64_NVIDIA: "x86_64-nvidia",
};

/**
 * Ids of availability zones in which a cluster can't have subnets. Which letter a zone has differs from account to
 * account, its id doesn't. Source: EKS user guide, "View Amazon EKS networking requirements for VPC and subnets".
 */
export const zoneIdsWithoutEks: readonly string[] = ["use1-az3", "usw1-az2", "cac1-az3"];

/**
 * Minutes before the end of a capacity block at which EKS empties its node group. Source: EKS user guide, "Create a managed
 * node group with Capacity Blocks for ML".
 */
export const blockEmptiedMinutes = 40;
