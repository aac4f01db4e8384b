import { type Daemon, efaDaemons, gpuDaemons, nodeDaemons } from "./daemons.ts";
import { efaHugePagesMiB, efaInterfacesOn } from "./efa.ts";
import type { InstanceType } from "./instance.ts";

/** What a node has left for pods. */
export interface Allocatable {
  readonly milliCpus: number;
  readonly memoryMiB: number;
  readonly pods: number;
}

/**
 * Share of an instance's nominal memory that the hypervisor, the firmware and the kernel keep.
 * EC2 documents no figure. Karpenter assumes this one for a type that it has not seen running; on large nodes the
 * truth is some 2 percent.
 * Source: karpenter-provider-aws v1.14.1, pkg/operator/options/options.go, vm-memory-overhead-percent.
 */
export const hypervisorMemoryShare = 0.075;

/**
 * Graviton's contiguous memory area, in MiB.
 * Source: karpenter-provider-aws v1.14.1, pkg/providers/instancetype/types.go.
 */
const arm64ReservedMiB = 64;

/**
 * Free memory below which kubelet evicts pods, in MiB.
 * Source: amazon-eks-ami v20260714, nodeadm/internal/kubelet/config.go.
 */
export const evictionThresholdMiB = 100;

/**
 * Pods whose addresses fit on a node: interfaces x (addresses of each - 1) + 2.
 * The first address of an interface is its own; the two are pods on the host's network (aws-node and kube-proxy). Only
 * interfaces of the default network card count. Kubelet's memory is reserved for this many.
 * Source: amazon-eks-ami v20260714, nodeadm/internal/kubelet/eni_max_pods.go.
 */
export function podAddresses(type: InstanceType): number {
  return type.networkInterfaces * (type.ipv4PerInterface - 1) + 2;
}

/**
 * Most pods on a node of a managed node group, without prefix delegation: what has addresses, and at most 110 below 30
 * vCPUs, else 250.
 * Source: EKS user guide, "Create a managed node group for your cluster".
 */
export function maxPods(type: InstanceType): number {
  return Math.min(podAddresses(type), type.vcpus < 30 ? 110 : 250);
}

/**
 * CPU that kubelet keeps for itself and the container runtime, in milli-CPUs: 6 % of the first CPU, 1 % of the second,
 * 0.5 % of the third and fourth, 0.25 % of the rest.
 * Source: amazon-eks-ami v20260714, nodeadm/internal/kubelet/config.go, getCPUMillicoresToReserve.
 */
export function kubeReservedMilliCpus(vcpus: number): number {
  const of = (from: number, to: number, perTenThousand: number) =>
    Math.floor((Math.max(0, Math.min(vcpus * 1000, to) - from) * perTenThousand) / 10_000);
  return of(0, 1000, 600) + of(1000, 2000, 100) + of(2000, 4000, 50) + of(4000, Number.POSITIVE_INFINITY, 25);
}

/**
 * Memory that kubelet keeps for itself and the container runtime, in MiB: 255 + 11 for each pod that the node takes.
 * Source: amazon-eks-ami v20260714, nodeadm/internal/kubelet/config.go, getMemoryMebibytesToReserve.
 */
export function kubeReservedMemoryMiB(pods: number): number {
  return 255 + 11 * pods;
}

/**
 * DaemonSets that run on a node of this type: those of every node, NVIDIA's where the platform uses its GPUs, EFA's
 * where it is launched with EFA.
 */
export function daemonsOn(type: InstanceType): readonly Daemon[] {
  return [...nodeDaemons, ...(type.gpu ? gpuDaemons : []), ...(efaInterfacesOn(type) > 0 ? efaDaemons : [])];
}

/**
 * What a node of EKS on AL2023 has left for the platform's own pods: the instance without what the hypervisor, kubelet,
 * the eviction threshold, EFA's huge pages and the DaemonSets take. Memory errs on the small side, by the hypervisor's share.
 */
export function allocatable(type: InstanceType): Allocatable {
  const daemons = daemonsOn(type);
  const usable = type.memoryMiB - (type.architecture === "arm64" ? arm64ReservedMiB : 0);
  const memoryMiB =
    usable - Math.ceil(usable * hypervisorMemoryShare) - kubeReservedMemoryMiB(podAddresses(type));
  return {
    milliCpus:
      type.vcpus * 1000 - kubeReservedMilliCpus(type.vcpus) - sum(daemons.map((daemon) => daemon.milliCpus)),
    memoryMiB:
      memoryMiB -
      evictionThresholdMiB -
      (efaInterfacesOn(type) > 0 ? efaHugePagesMiB : 0) -
      sum(daemons.map((daemon) => daemon.memoryMiB)),
    pods: maxPods(type) - daemons.length,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
