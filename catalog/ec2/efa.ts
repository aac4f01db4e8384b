import type { InstanceType } from "./instance.ts";

/** Extended resource that the EFA device plugin offers. Source: eks-charts, stable/aws-efa-k8s-device-plugin v0.5.30. */
export const efaResource = "vpc.amazonaws.com/efa";

/**
 * Memory that a node with EFA sets aside as huge pages of 2 MiB: 5,128 of them. Pods with EFA ask for 5,120Mi of
 * `hugepages-2Mi`; others can't use it.
 * Source: EKS user guide, "Run machine learning training on Amazon EKS with Elastic Fabric Adapter".
 */
export const efaHugePagesMiB = 5128 * 2;

/**
 * EFA interfaces that a node of this type is launched with: all that there can be on types with GPUs and several network
 * cards, which are made for models over several nodes; 0 on any other.
 */
export function efaInterfacesOn({ efaInterfaces, gpu }: InstanceType): number {
  return gpu !== undefined && efaInterfaces > 1 ? efaInterfaces : 0;
}
