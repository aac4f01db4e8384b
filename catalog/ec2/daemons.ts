import { addonAgents } from "../addons/agents.ts";
import { type AddonPods, reservedFor } from "../addons/pods.ts";

/** A pod of a DaemonSet, with the room that a plan keeps for it on every node that it runs on. */
export interface Daemon {
  readonly name: string;
  readonly milliCpus: number;
  readonly memoryMiB: number;
  /**
   * `upstream`: what the publisher's own manifest requests. `platform`: the publisher requests nothing; our components
   * set this where it can be set, or the pod would be the first to be evicted, and EKS's other add-ons just take it.
   */
  readonly basis: "upstream" | "platform";
  readonly source: string;
}

/** DaemonSets on every node of the platform: all of add-ons. */
export const nodeDaemons: readonly Daemon[] = agentsOn("all");

/** DaemonSets that run on nodes with GPUs beside those. */
export const gpuDaemons: readonly Daemon[] = [
  ...agentsOn("gpu"),
  {
    name: "nvidia-device-plugin",
    milliCpus: 50,
    memoryMiB: 64,
    basis: "platform",
    source: "k8s-device-plugin v0.20.0, deployments/helm/nvidia-device-plugin/values.yaml requests nothing",
  },
  {
    name: "dcgm-exporter",
    milliCpus: 100,
    memoryMiB: 128,
    basis: "upstream",
    source: "dcgm-exporter 4.5.3-4.8.2, deployment/values.yaml",
  },
];

function agentsOn(nodes: AddonPods["nodes"]): Daemon[] {
  return addonAgents
    .filter((agent) => agent.nodes === nodes)
    .map((agent) => ({
      name: agent.name,
      ...reservedFor(agent),
      basis: agent.reserved === undefined ? "upstream" : "platform",
      source: agent.source,
    }));
}
