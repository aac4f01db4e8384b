import type { AddonName } from "../eks.ts";

/** What a container or a pod asks for; 0 is nothing. */
export interface PodRequests {
  readonly milliCpus: number;
  readonly memoryMiB: number;
}

/** As Kubernetes has it. */
export interface Toleration {
  readonly key?: string;
  readonly operator: "Exists";
  readonly effect?: "NoSchedule" | "NoExecute";
  readonly tolerationSeconds?: number;
}

/**
 * Pods of one kind that an EKS add-on runs, as its publisher's manifests have them: plans keep room for them, and the
 * simulated EKS runs them. EKS's own builds follow those manifests; AWS publishes none of coredns and kube-proxy.
 */
export interface AddonPods {
  readonly addon: AddonName;
  readonly kind: "DaemonSet" | "Deployment";
  readonly name: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  /** Labels that its pods are selected by. */
  readonly labels: Readonly<Record<string, string>>;
  readonly containers: readonly ({ readonly name: string } & PodRequests)[];
  /** Of a Deployment; 1 for a DaemonSet, which has one on each node. */
  readonly replicas: number;
  readonly hostNetwork: boolean;
  /** Without one a pod is among the first to be evicted. */
  readonly priorityClass: "system-node-critical" | "system-cluster-critical" | undefined;
  readonly tolerations: readonly Toleration[];
  /** `gpu`: only nodes with an NVIDIA GPU, which it knows by their instance types. */
  readonly nodes: "all" | "gpu";
  /** Part of the add-on's configuration values whose `resources` and `tolerations` change these pods; empty: all of it. */
  readonly configuredBy: string;
  /** Room that a plan keeps for one pod where the publisher requests nothing. */
  readonly reserved?: PodRequests;
  readonly source: string;
}

/** What its publisher requests for one pod. */
export function requestsOf({ containers }: AddonPods): PodRequests {
  return {
    milliCpus: containers.reduce((sum, { milliCpus }) => sum + milliCpus, 0),
    memoryMiB: containers.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0),
  };
}

/** What a plan keeps free for one pod. */
export function reservedFor(pods: AddonPods): PodRequests {
  return pods.reserved ?? requestsOf(pods);
}
