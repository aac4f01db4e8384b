import { stringify } from "yaml";
import { imageRef, type RegistryImageName } from "../../catalog/images.ts";
import type { Resources } from "../services.ts";
import { type GpuSharing, sharingName, sharingSlug } from "../sharing.ts";
import { daemonRequests } from "./daemons.ts";
import { efaLabel, type ManagedNodeGroupPlan } from "./nodeGroups.ts";

/** What runs on every node with a GPU. */
export interface GpuNodesPlan {
  readonly namespace: string;
  /** Offers whole GPUs to the scheduler, where nothing shares them. */
  readonly devicePlugin: { readonly image: string; readonly resources: Resources };
  /** The same program for nodes whose GPUs are shared, one for each way. */
  readonly sharedDevicePlugins: readonly SharedDevicePluginPlan[];
  /** Utilization, memory, temperature and errors of the GPUs, for Prometheus. */
  readonly metrics: { readonly image: string; readonly resources: Resources };
  /** Offers EFA interfaces to the scheduler; undefined where no node has any. */
  readonly efaPlugin: { readonly image: string; readonly resources: Resources } | undefined;
}

export interface SharedDevicePluginPlan {
  /** Name of its DaemonSet and of its settings. */
  readonly app: string;
  /** Value of the label of its nodes. */
  readonly sharing: string;
  /** Its settings, as a file. */
  readonly config: string;
  /** Whether it looks after MIG slices, for which the driver wants more of it. */
  readonly slices: boolean;
}

/** The GPUs' metrics: name of the exporter's workload, and its port. */
export const gpuMetrics = { app: "dcgm-exporter", port: 9400 } as const;

export const gpuNamespace = "ai-gpu";

/** Label of nodes with a GPU; its value is the kind. */
export const gpuLabel = "ai-platform/gpu";

export const devicePluginApp = "nvidia-device-plugin";

/** Undefined for an environment without GPUs. */
export function planGpuNodes(nodeGroups: readonly ManagedNodeGroupPlan[]): GpuNodesPlan | undefined {
  if (!nodeGroups.some(({ labels }) => Object.hasOwn(labels, gpuLabel))) return undefined;
  return {
    namespace: gpuNamespace,
    devicePlugin: daemon("devicePlugin", devicePluginApp, "128Mi"),
    sharedDevicePlugins: sharedDevicePlugins(nodeGroups),
    metrics: daemon("dcgmExporter", "dcgm-exporter", "512Mi"),
    efaPlugin: nodeGroups.some(({ labels }) => Object.hasOwn(labels, efaLabel))
      ? daemon("efaPlugin", "aws-efa-k8s-device-plugin", "128Mi")
      : undefined,
  };
}

function sharedDevicePlugins(nodeGroups: readonly ManagedNodeGroupPlan[]): SharedDevicePluginPlan[] {
  const sharings = new Map(
    nodeGroups.flatMap(({ sharing }) => (sharing ? [[sharingName(sharing), sharing] as const] : [])),
  );
  return [...sharings]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, sharing]) => ({
      app: `${devicePluginApp}-${sharingSlug(sharing)}`,
      sharing: name,
      config: stringify(devicePluginConfig(sharing)),
      slices: sharing.kind === "mig",
    }));
}

/**
 * The plug-in's configuration for nodes whose cards are shared.
 * Source: NVIDIA k8s-device-plugin v0.20.0, README, "Configuring the NVIDIA device plugin binary".
 */
export function devicePluginConfig(sharing: GpuSharing) {
  if (sharing.kind === "mig") return { version: "v1", flags: { migStrategy: "mixed" } };
  return {
    version: "v1",
    flags: { migStrategy: "none" },
    sharing: {
      timeSlicing: {
        renameByDefault: true,
        failRequestsGreaterThanOne: true,
        resources: [{ name: "nvidia.com/gpu", replicas: sharing.replicas }],
      },
    },
  };
}

function daemon(image: RegistryImageName, name: string, memoryLimit: string) {
  return {
    image: imageRef(image),
    resources: { requests: daemonRequests(name), limits: { memory: memoryLimit } },
  };
}
