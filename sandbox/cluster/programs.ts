import type { GoProgram } from "../toolchain/go.ts";

const kubernetesVersion = "v1.36.2";
const versionPackage = "k8s.io/component-base/version";
const [major, minor] = kubernetesVersion.slice(1).split(".");

/** Kubernetes in one program: a node with its control plane, or a control plane whose nodes are simulated. */
export const nodeProgram: GoProgram = {
  name: "ai-platform-node",
  moduleDir: "sandbox/cluster",
  package: ".",
  // Clients parse what the API server calls its version: without these it is not one.
  ldflags: [
    `-X ${versionPackage}.gitVersion=${kubernetesVersion}`,
    `-X ${versionPackage}.gitMajor=${major}`,
    `-X ${versionPackage}.gitMinor=${minor}`,
  ].join(" "),
};

/** The programs of the node that are built from source. */
export const programs: GoProgram[] = [
  nodeProgram,
  { name: "ai-platform-pause", moduleDir: "sandbox/cluster", package: "./pause" },
  { name: "coredns", moduleDir: "sandbox/cluster/coredns", package: "." },
];

/** containerd and what it calls: the container runtime, the plugins for pod networks, the packet filter's tool. */
export const debianPackages = ["containerd", "runc", "containernetworking-plugins", "iptables"];

/** Where Debian has the plugins for pod networks. */
export const cniPlugins = "/usr/lib/cni";
