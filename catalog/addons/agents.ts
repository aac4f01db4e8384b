import type { AddonPods } from "./pods.ts";

/** A node's agent: on every node, before and after anything else. */
const agent = {
  kind: "DaemonSet",
  namespace: "kube-system",
  replicas: 1,
  hostNetwork: true,
  priorityClass: "system-node-critical",
  tolerations: [{ operator: "Exists" }],
  nodes: "all",
  configuredBy: "",
} as const;

/** DaemonSets of the add-ons that the platform installs. */
export const addonAgents: readonly AddonPods[] = [
  {
    ...agent,
    addon: "vpc-cni",
    name: "aws-node",
    serviceAccount: "aws-node",
    labels: { "k8s-app": "aws-node" },
    containers: [
      { name: "aws-node", milliCpus: 25, memoryMiB: 0 },
      { name: "aws-eks-nodeagent", milliCpus: 25, memoryMiB: 0 },
    ],
    source: "eks-charts 5239609, stable/aws-vpc-cni 1.22.4, values.yaml and templates/daemonset.yaml",
  },
  {
    ...agent,
    addon: "kube-proxy",
    name: "kube-proxy",
    serviceAccount: "kube-proxy",
    labels: { "k8s-app": "kube-proxy" },
    containers: [{ name: "kube-proxy", milliCpus: 100, memoryMiB: 0 }],
    source: "EKS add-on kube-proxy, as `kubectl describe node` of running clusters shows it; unsure",
  },
  {
    ...agent,
    addon: "eks-pod-identity-agent",
    name: "eks-pod-identity-agent",
    serviceAccount: "default",
    labels: { "app.kubernetes.io/name": "eks-pod-identity-agent" },
    containers: [{ name: "eks-pod-identity-agent", milliCpus: 0, memoryMiB: 0 }],
    reserved: { milliCpus: 10, memoryMiB: 32 },
    source: "eks-pod-identity-agent v0.1.37, charts/eks-pod-identity-agent/values.yaml requests nothing",
  },
  {
    ...agent,
    addon: "aws-ebs-csi-driver",
    name: "ebs-csi-node",
    serviceAccount: "ebs-csi-node-sa",
    labels: { app: "ebs-csi-node", "app.kubernetes.io/name": "aws-ebs-csi-driver" },
    containers: [
      { name: "ebs-plugin", milliCpus: 10, memoryMiB: 40 },
      { name: "node-driver-registrar", milliCpus: 10, memoryMiB: 32 },
      { name: "liveness-probe", milliCpus: 10, memoryMiB: 32 },
    ],
    hostNetwork: false,
    configuredBy: "node",
    source: "aws-ebs-csi-driver v1.64.0, deploy/kubernetes/base/node.yaml",
  },
  {
    ...agent,
    addon: "aws-mountpoint-s3-csi-driver",
    name: "s3-csi-node",
    serviceAccount: "s3-csi-driver-sa",
    labels: { app: "s3-csi-node", "app.kubernetes.io/name": "aws-mountpoint-s3-csi-driver" },
    // The add-on's schema has no `node.resources`, so that these are fixed: mountpoint-s3-csi-driver, issue 951.
    containers: [
      { name: "s3-plugin", milliCpus: 10, memoryMiB: 40 },
      { name: "node-driver-registrar", milliCpus: 10, memoryMiB: 40 },
      { name: "liveness-probe", milliCpus: 10, memoryMiB: 40 },
    ],
    hostNetwork: false,
    configuredBy: "node",
    source:
      "mountpoint-s3-csi-driver v2.7.0, charts/aws-mountpoint-s3-csi-driver/values.yaml and templates/node.yaml",
  },
  {
    ...agent,
    addon: "eks-node-monitoring-agent",
    name: "eks-node-monitoring-agent",
    serviceAccount: "eks-node-monitoring-agent",
    labels: { "app.kubernetes.io/name": "eks-node-monitoring-agent" },
    containers: [{ name: "eks-node-monitoring-agent", milliCpus: 10, memoryMiB: 30 }],
    configuredBy: "nodeAgent",
    source: "eks-node-monitoring-agent v1.7.0, charts/eks-node-monitoring-agent/values.yaml",
  },
  {
    // What the node monitoring agent asks for the health of GPUs.
    ...agent,
    addon: "eks-node-monitoring-agent",
    name: "dcgm-server",
    serviceAccount: "default",
    labels: { "k8s-app": "dcgm-server", version: "v1" },
    containers: [{ name: "eks-node-monitoring-agent-dcgm", milliCpus: 0, memoryMiB: 0 }],
    hostNetwork: false,
    // Of itself it stays off tainted nodes, and the agent then reports every GPU as broken.
    tolerations: [],
    nodes: "gpu",
    configuredBy: "dcgmAgent",
    reserved: { milliCpus: 50, memoryMiB: 128 },
    source: "eks-node-monitoring-agent v1.7.0, charts/eks-node-monitoring-agent/values.yaml requests nothing",
  },
  {
    ...agent,
    addon: "prometheus-node-exporter",
    name: "prometheus-node-exporter",
    namespace: "prometheus-node-exporter",
    serviceAccount: "prometheus-node-exporter",
    labels: { "app.kubernetes.io/name": "prometheus-node-exporter" },
    containers: [{ name: "node-exporter", milliCpus: 0, memoryMiB: 0 }],
    priorityClass: undefined,
    tolerations: [{ operator: "Exists", effect: "NoSchedule" }],
    reserved: { milliCpus: 50, memoryMiB: 64 },
    source: "prometheus-community helm-charts, prometheus-node-exporter 4.56.1, values.yaml requests nothing",
  },
];
