import { imageRef, type RegistryImageName } from "../../catalog/images.ts";
import type { Resources } from "../services.ts";
import { daemonRequests } from "./daemons.ts";
import { efaLabel, type ManagedNodeGroupPlan } from "./nodeGroups.ts";

/** What runs on every node with a GPU. */
export interface GpuNodesPlan {
  readonly namespace: string;
  /** Offers the GPUs to the scheduler. */
  readonly devicePlugin: { readonly image: string; readonly resources: Resources };
  /** Utilization, memory, temperature and errors of the GPUs, for Prometheus. */
  readonly metrics: { readonly image: string; readonly resources: Resources };
  /** Offers EFA interfaces to the scheduler; undefined where no node has any. */
  readonly efaPlugin: { readonly image: string; readonly resources: Resources } | undefined;
}

/** The GPUs' metrics: name of the exporter's workload, and its port. */
export const gpuMetrics = { app: "dcgm-exporter", port: 9400 } as const;

export const gpuNamespace = "ai-gpu";

/** Label of nodes with a GPU; its value is the kind. */
export const gpuLabel = "ai-platform/gpu";

/** Undefined for an environment without GPUs. */
export function planGpuNodes(nodeGroups: readonly ManagedNodeGroupPlan[]): GpuNodesPlan | undefined {
  if (!nodeGroups.some(({ labels }) => Object.hasOwn(labels, gpuLabel))) return undefined;
  return {
    namespace: gpuNamespace,
    devicePlugin: daemon("devicePlugin", "nvidia-device-plugin", "128Mi"),
    metrics: daemon("dcgmExporter", "dcgm-exporter", "512Mi"),
    efaPlugin: nodeGroups.some(({ labels }) => Object.hasOwn(labels, efaLabel))
      ? daemon("efaPlugin", "aws-efa-k8s-device-plugin", "128Mi")
      : undefined,
  };
}

function daemon(image: RegistryImageName, name: string, memoryLimit: string) {
  return {
    image: imageRef(image),
    resources: { requests: daemonRequests(name), limits: { memory: memoryLimit } },
  };
}
