import { stringify } from "yaml";

/** What nodes of a group do at their first start, beyond what EKS tells them. */
export interface NodeSettings {
  /** Makes one RAID 0 of the instance store for kubelet and containerd: images and scratch files on local NVMe. */
  readonly instanceStore: boolean;
  /**
   * Pulls and unpacks images in parallel, which is worth a minute and more for the 10 GB of a model server. Needs a fast
   * disk; nodeadm leaves it off on small instances, and calls it experimental.
   */
  readonly fastImagePull: boolean;
}

/**
 * User data of AL2023 nodes: a `NodeConfig` for nodeadm in the MIME format that EKS merges its own into. Undefined
 * where EKS's own says all.
 *
 * It never sets `maxPods`: EKS's own part comes last and has one (amazon-eks-ami, nodeadm/doc/examples.md: the later
 * object wins).
 * Source of the fields: amazon-eks-ami v20260714, nodeadm/doc/api.md.
 */
export function nodeConfig({ fastImagePull, instanceStore }: NodeSettings): string | undefined {
  if (!instanceStore && !fastImagePull) return undefined;
  const config = {
    apiVersion: "node.eks.aws/v1alpha1",
    kind: "NodeConfig",
    spec: {
      ...(instanceStore ? { instance: { localStorage: { strategy: "RAID0" } } } : {}),
      ...(fastImagePull ? { featureGates: { FastImagePull: true } } : {}),
    },
  };
  return [
    "MIME-Version: 1.0",
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    "",
    `--${boundary}`,
    "Content-Type: application/node.eks.aws",
    "",
    stringify(config),
    `--${boundary}--`,
    "",
  ].join("\n");
}

const boundary = "NODE-CONFIG";
