import type { AddonPods, Toleration } from "./pods.ts";

const criticalOnly: Toleration = { key: "CriticalAddonsOnly", operator: "Exists" };
const controlPlane: Toleration = {
  key: "node-role.kubernetes.io/control-plane",
  operator: "Exists",
  effect: "NoSchedule",
};
/** Long enough for a restart of the node. */
const fiveMinutes: Toleration = { operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 };

const controller = {
  kind: "Deployment",
  namespace: "kube-system",
  replicas: 2,
  hostNetwork: false,
  priorityClass: "system-cluster-critical",
  tolerations: [],
  nodes: "all",
  configuredBy: "",
} as const;

/** Deployments of the add-ons that the platform installs. */
export const addonControllers: readonly AddonPods[] = [
  {
    ...controller,
    addon: "coredns",
    name: "coredns",
    serviceAccount: "coredns",
    labels: { "k8s-app": "kube-dns", "eks.amazonaws.com/component": "coredns" },
    containers: [{ name: "coredns", milliCpus: 100, memoryMiB: 70 }],
    tolerations: [criticalOnly, controlPlane],
    source: "EKS add-on coredns, as manifests that were read from running clusters have it",
  },
  {
    ...controller,
    addon: "metrics-server",
    name: "metrics-server",
    serviceAccount: "metrics-server",
    labels: { "app.kubernetes.io/name": "metrics-server" },
    containers: [{ name: "metrics-server", milliCpus: 100, memoryMiB: 200 }],
    source: "metrics-server v0.9.0, charts/metrics-server/values.yaml; EKS's add-on runs two",
  },
  {
    ...controller,
    addon: "aws-ebs-csi-driver",
    name: "ebs-csi-controller",
    serviceAccount: "ebs-csi-controller-sa",
    labels: { app: "ebs-csi-controller", "app.kubernetes.io/name": "aws-ebs-csi-driver" },
    containers: [
      { name: "ebs-plugin", milliCpus: 10, memoryMiB: 40 },
      { name: "csi-provisioner", milliCpus: 10, memoryMiB: 40 },
      { name: "csi-attacher", milliCpus: 10, memoryMiB: 40 },
      { name: "csi-snapshotter", milliCpus: 10, memoryMiB: 40 },
      { name: "csi-resizer", milliCpus: 10, memoryMiB: 40 },
      { name: "liveness-probe", milliCpus: 10, memoryMiB: 32 },
    ],
    tolerations: [criticalOnly, fiveMinutes],
    configuredBy: "controller",
    source: "aws-ebs-csi-driver v1.64.0, deploy/kubernetes/base/controller.yaml",
  },
  {
    ...controller,
    addon: "snapshot-controller",
    name: "snapshot-controller",
    serviceAccount: "snapshot-controller",
    labels: { "app.kubernetes.io/name": "snapshot-controller" },
    containers: [{ name: "snapshot-controller", milliCpus: 0, memoryMiB: 0 }],
    // EKS's add-on has none either: aws/containers-roadmap, issue 2678.
    priorityClass: undefined,
    reserved: { milliCpus: 10, memoryMiB: 20 },
    source: "external-snapshotter v8.6.0, deploy/kubernetes/snapshot-controller requests nothing",
  },
  {
    ...controller,
    addon: "aws-mountpoint-s3-csi-driver",
    name: "s3-csi-controller",
    serviceAccount: "s3-csi-driver-controller-sa",
    labels: { app: "s3-csi-controller", "app.kubernetes.io/name": "aws-mountpoint-s3-csi-driver" },
    containers: [{ name: "s3-csi-controller", milliCpus: 0, memoryMiB: 0 }],
    replicas: 1,
    configuredBy: "controller",
    reserved: { milliCpus: 10, memoryMiB: 40 },
    source:
      "mountpoint-s3-csi-driver v2.7.0, charts/aws-mountpoint-s3-csi-driver/templates/controller.yaml requests nothing",
  },
  {
    ...controller,
    addon: "kube-state-metrics",
    name: "kube-state-metrics",
    namespace: "kube-state-metrics",
    serviceAccount: "kube-state-metrics",
    labels: { "app.kubernetes.io/name": "kube-state-metrics" },
    containers: [{ name: "kube-state-metrics", milliCpus: 0, memoryMiB: 0 }],
    replicas: 1,
    priorityClass: undefined,
    // kube-state-metrics' README, "Resource recommendation": for up to 100 nodes.
    reserved: { milliCpus: 10, memoryMiB: 190 },
    source: "prometheus-community helm-charts, kube-state-metrics 8.4.0, values.yaml requests nothing",
  },
];
