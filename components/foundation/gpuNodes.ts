import * as pulumi from "@pulumi/pulumi";
import {
  devicePluginApp,
  type GpuNodesPlan,
  gpuLabel,
  gpuMetrics,
} from "../../planning/foundation/gpuNodes.ts";
import { efaLabel } from "../../planning/foundation/nodeGroups.ts";
import { gpuTaint } from "../../planning/nodeGroups.ts";
import { sharingLabel } from "../../planning/sharing.ts";
import { IsolatedNamespace } from "../kubernetes/namespace.ts";
import type { Peer } from "../kubernetes/network.ts";
import { NodeDaemon } from "../kubernetes/nodeDaemon.ts";

export interface GpuNodesArgs {
  readonly plan: GpuNodesPlan;
  readonly labels: Readonly<Record<string, string>>;
  /** Who collects the GPUs' metrics. */
  readonly scrapers: readonly Peer[];
}

const seesGpus = { NVIDIA_VISIBLE_DEVICES: "all", NVIDIA_DRIVER_CAPABILITIES: "compute,utility" };

/** kubelet hears of a device plugin by a socket in this folder. */
const kubeletPlugins = {
  name: "device-plugins",
  path: "/var/lib/kubelet/device-plugins",
  readOnly: false,
} as const;

const settingsFolder = "/etc/nvidia-device-plugin";

/**
 * NVIDIA's device plugin, without which no pod gets a GPU, its DCGM exporter, and AWS's device plugin for EFA on nodes
 * that are launched with EFA interfaces. The driver, the container toolkit, fabric manager and EFA's kernel module are in
 * the nodes' image. Nodes whose GPUs are shared have a device plugin of their own for each way, by their label: NVIDIA's
 * config-manager, which would read the label and choose among several settings, needs a token that reads nodes, and to signal
 * the plugin.
 *
 * Settings follow NVIDIA's own manifests: k8s-device-plugin v0.20.0, deployments/static/nvidia-device-plugin.yml, and
 * dcgm-exporter 4.8.2, dcgm-exporter.yaml. Theirs run on a writable root and in kube-system. EFA's follow eks-charts
 * 5239609, stable/aws-efa-k8s-device-plugin v0.5.30, which goes by instance types instead of a label; without its folder
 * for Neuron. Images on Bottlerocket would have NVIDIA's plugin in them, and not EFA's.
 */
export class GpuNodes extends pulumi.ComponentResource {
  readonly namespace: IsolatedNamespace;

  constructor(name: string, args: GpuNodesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:foundation:GpuNodes", name, {}, opts);
    const { labels, plan } = args;
    const everyGpu = { namespace: plan.namespace, labels, onNodesWith: gpuLabel, toleratedTaint: gpuTaint };

    const namespace = new IsolatedNamespace(
      plan.namespace,
      { name: plan.namespace, labels, podSecurity: "privileged" },
      { parent: this },
    );
    this.namespace = namespace;
    const inNamespace = { parent: this, dependsOn: namespace };
    const plugin = { ...everyGpu, ...plan.devicePlugin, hostFolders: [kubeletPlugins] };
    new NodeDaemon(
      `${name}-device-plugin`,
      {
        ...plugin,
        app: devicePluginApp,
        env: seesGpus,
        onlyWhere: { key: sharingLabel, operator: "DoesNotExist" },
      },
      inNamespace,
    );
    for (const { app, config, sharing, slices } of plan.sharedDevicePlugins) {
      new NodeDaemon(
        `${name}-${app}`,
        {
          ...plugin,
          app,
          env: {
            ...seesGpus,
            CONFIG_FILE: `${settingsFolder}/config.yaml`,
            ...(slices ? { NVIDIA_MIG_MONITOR_DEVICES: "all" } : {}),
          },
          onlyWhere: { key: sharingLabel, operator: "In", values: [sharing] },
          settings: { folder: settingsFolder, files: { "config.yaml": config } },
          // The driver shows the slices of others to nobody without it.
          capabilities: slices ? ["SYS_ADMIN"] : [],
        },
        inNamespace,
      );
    }
    new NodeDaemon(
      `${name}-metrics`,
      {
        ...everyGpu,
        ...plan.metrics,
        app: gpuMetrics.app,
        env: { DCGM_EXPORTER_LISTEN: `:${gpuMetrics.port}`, DCGM_EXPORTER_KUBERNETES: "true" },
        nodeNameEnv: "NODE_NAME",
        // Tells which pod has which GPU.
        hostFolders: [{ name: "pod-resources", path: "/var/lib/kubelet/pod-resources", readOnly: true }],
        // The profiling counters (how busy tensor cores and memory are) are read from the driver with it.
        capabilities: ["SYS_ADMIN"],
        serves: { port: gpuMetrics.port, health: "/health", startSeconds: 60, from: args.scrapers },
      },
      inNamespace,
    );

    if (plan.efaPlugin) {
      new NodeDaemon(
        `${name}-efa-plugin`,
        {
          ...everyGpu,
          ...plan.efaPlugin,
          app: "aws-efa-k8s-device-plugin",
          onNodesWith: efaLabel,
          asItsNode: true,
          hostFolders: [kubeletPlugins, { name: "infiniband", path: "/dev/infiniband", readOnly: false }],
        },
        inNamespace,
      );
    }

    this.registerOutputs({});
  }
}
