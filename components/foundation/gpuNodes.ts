import * as pulumi from "@pulumi/pulumi";
import { type GpuNodesPlan, gpuLabel } from "../../planning/foundation/gpuNodes.ts";
import { gpuTaint } from "../../planning/nodeGroups.ts";
import { IsolatedNamespace } from "../kubernetes/namespace.ts";
import { NodeDaemon } from "../kubernetes/nodeDaemon.ts";

export interface GpuNodesArgs {
  readonly plan: GpuNodesPlan;
  readonly labels: Readonly<Record<string, string>>;
}

/** Port of the GPUs' metrics. */
export const gpuMetricsPort = 9400;

/**
 * NVIDIA's device plugin, without which no pod gets a GPU, and its DCGM exporter. The driver, the container toolkit and
 * fabric manager are in the nodes' image. Whole GPUs only: time slices and MPS isolate no memory.
 *
 * Settings follow NVIDIA's own manifests: k8s-device-plugin v0.20.0, deployments/static/nvidia-device-plugin.yml, and
 * dcgm-exporter 4.8.2, dcgm-exporter.yaml. Theirs run on a writable root and in kube-system.
 */
export class GpuNodes extends pulumi.ComponentResource {
  constructor(name: string, args: GpuNodesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:foundation:GpuNodes", name, {}, opts);
    const { labels, plan } = args;
    const everyGpu = { namespace: plan.namespace, labels, onNodesWith: gpuLabel, toleratedTaint: gpuTaint };

    const namespace = new IsolatedNamespace(
      plan.namespace,
      { name: plan.namespace, labels, podSecurity: "privileged" },
      { parent: this },
    );
    const inNamespace = { parent: this, dependsOn: namespace };
    new NodeDaemon(
      `${name}-device-plugin`,
      {
        ...everyGpu,
        ...plan.devicePlugin,
        app: "nvidia-device-plugin",
        env: { NVIDIA_VISIBLE_DEVICES: "all", NVIDIA_DRIVER_CAPABILITIES: "compute,utility" },
        // kubelet hears of the plugin by a socket in this folder.
        hostFolders: [{ name: "device-plugins", path: "/var/lib/kubelet/device-plugins", readOnly: false }],
      },
      inNamespace,
    );
    new NodeDaemon(
      `${name}-metrics`,
      {
        ...everyGpu,
        ...plan.metrics,
        app: "dcgm-exporter",
        env: { DCGM_EXPORTER_LISTEN: `:${gpuMetricsPort}`, DCGM_EXPORTER_KUBERNETES: "true" },
        nodeNameEnv: "NODE_NAME",
        // Tells which pod has which GPU.
        hostFolders: [{ name: "pod-resources", path: "/var/lib/kubelet/pod-resources", readOnly: true }],
        // The profiling counters (how busy tensor cores and memory are) are read from the driver with it.
        capabilities: ["SYS_ADMIN"],
        serves: { port: gpuMetricsPort, health: "/health", startSeconds: 60, from: [] },
      },
      inNamespace,
    );

    this.registerOutputs({});
  }
}
