import { stringify } from "yaml";
import { migBootScript } from "./migBoot.ts";

/** What nodes of a group do at their first start, beyond what EKS tells them. */
export interface NodeSettings {
  /** Makes one RAID 0 of the instance store for kubelet and containerd: images and scratch files on local NVMe. */
  readonly instanceStore: boolean;
  /**
   * Pulls and unpacks images in parallel, which is worth a minute and more for the 10 GB of a model server. Needs a fast
   * disk; nodeadm leaves it off on small instances, and calls it experimental.
   */
  readonly fastImagePull: boolean;
  /** MIG slices of every GPU: a profile, and how many a card has. Default: GPUs stay whole. */
  readonly mig?: { readonly profile: string; readonly perCard: number } | undefined;
}

/**
 * User data of AL2023 nodes: a `NodeConfig` for nodeadm and what cuts GPUs, in the MIME format that EKS merges its own into.
 * Undefined where EKS's own says all.
 *
 * It never sets `maxPods`: EKS's own part comes last and has one (amazon-eks-ami, nodeadm/doc/examples.md: the later
 * object wins).
 * Source of the fields: amazon-eks-ami v20260714, nodeadm/doc/api.md.
 */
export function nodeConfig({ fastImagePull, instanceStore, mig }: NodeSettings): string | undefined {
  const spec = {
    ...(instanceStore ? { instance: { localStorage: { strategy: "RAID0" } } } : {}),
    ...(fastImagePull ? { featureGates: { FastImagePull: true } } : {}),
  };
  const parts = [
    ...(mig === undefined ? [] : [part("text/x-shellscript", migBootScript(mig))]),
    ...(Object.keys(spec).length === 0
      ? []
      : [
          part(
            "application/node.eks.aws",
            stringify({ apiVersion: "node.eks.aws/v1alpha1", kind: "NodeConfig", spec }),
          ),
        ]),
  ];
  if (parts.length === 0) return undefined;
  return [
    "MIME-Version: 1.0",
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    "",
    ...parts.flat(),
    `--${boundary}--`,
    "",
  ].join("\n");
}

const part = (type: string, text: string) => [`--${boundary}`, `Content-Type: ${type}`, "", text];

const boundary = "NODE-CONFIG";
