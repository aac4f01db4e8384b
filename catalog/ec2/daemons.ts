/** What a pod of a DaemonSet requests on every node that it runs on. */
export interface Daemon {
  readonly name: string;
  readonly milliCpus: number;
  readonly memoryMiB: number;
  /**
   * `upstream`: what the publisher's own manifest requests. `platform`: the publisher requests nothing, so these are
   * the requests that our components set, without which the pod would be the first to be evicted.
   */
  readonly basis: "upstream" | "platform";
  readonly source: string;
}

/** DaemonSets on every node of the platform. */
export const nodeDaemons: readonly Daemon[] = [
  {
    name: "aws-node",
    // The agent and the network policy agent request 25m each.
    milliCpus: 50,
    memoryMiB: 0,
    basis: "upstream",
    source: "eks-charts 5239609, stable/aws-vpc-cni 1.22.4, values.yaml and templates/daemonset.yaml",
  },
  {
    name: "kube-proxy",
    milliCpus: 100,
    memoryMiB: 0,
    basis: "upstream",
    // AWS publishes no manifest of this add-on.
    source: "EKS add-on kube-proxy, as `kubectl describe node` shows it; unsure",
  },
  {
    name: "eks-pod-identity-agent",
    milliCpus: 10,
    memoryMiB: 32,
    basis: "platform",
    source: "eks-pod-identity-agent v0.1.37, charts/eks-pod-identity-agent/values.yaml requests nothing",
  },
  {
    name: "ebs-csi-node",
    // Driver 10m and 40 MiB, registrar and liveness probe 10m and 32 MiB each.
    milliCpus: 30,
    memoryMiB: 104,
    basis: "upstream",
    source: "aws-ebs-csi-driver v1.64.0, deploy/kubernetes/base/node.yaml",
  },
  {
    name: "eks-node-monitoring-agent",
    milliCpus: 10,
    memoryMiB: 30,
    basis: "upstream",
    source: "eks-node-monitoring-agent v1.7.0, charts/eks-node-monitoring-agent/values.yaml",
  },
  {
    name: "prometheus-node-exporter",
    milliCpus: 50,
    memoryMiB: 64,
    basis: "platform",
    source: "prometheus-community helm-charts, prometheus-node-exporter/values.yaml requests nothing",
  },
];

/** DaemonSets that run on nodes with GPUs beside those. */
export const gpuDaemons: readonly Daemon[] = [
  {
    // Part of the node monitoring agent's add-on: the engine that it asks for the health of GPUs.
    name: "dcgm-server",
    milliCpus: 50,
    memoryMiB: 128,
    basis: "platform",
    source: "eks-node-monitoring-agent v1.7.0, charts/eks-node-monitoring-agent/values.yaml requests nothing",
  },
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
