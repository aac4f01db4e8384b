import { addonAgents } from "../../catalog/addons/agents.ts";
import { addonControllers } from "../../catalog/addons/controllers.ts";
import type { AddonPods } from "../../catalog/addons/pods.ts";
import { instanceTypes } from "../../catalog/ec2/instances.ts";

/** What the simulated EKS puts into a cluster for one kind of pods of an add-on. */
export interface AddonManifest {
  /** Part of the add-on's configuration values that changes it; empty: all of them. */
  readonly configuredBy: string;
  /** A DaemonSet or a Deployment. */
  readonly manifest: Readonly<Record<string, unknown>>;
}

/** Manifests of the add-ons' pods, by the add-on's name. */
export function addonManifests(): Record<string, AddonManifest[]> {
  const all = [...addonAgents, ...addonControllers];
  return Object.fromEntries(
    [...new Set(all.map(({ addon }) => addon))].map((addon) => [
      addon,
      all.filter((pods) => pods.addon === addon).map(manifestOf),
    ]),
  );
}

function manifestOf(pods: AddonPods): AddonManifest {
  return {
    configuredBy: pods.configuredBy,
    manifest: {
      apiVersion: "apps/v1",
      kind: pods.kind,
      metadata: { name: pods.name, namespace: pods.namespace, labels: pods.labels },
      spec: {
        ...(pods.kind === "Deployment" ? { replicas: pods.replicas } : {}),
        selector: { matchLabels: pods.labels },
        template: { metadata: { labels: pods.labels }, spec: podSpec(pods) },
      },
    },
  };
}

function podSpec(pods: AddonPods) {
  return {
    serviceAccountName: pods.serviceAccount,
    hostNetwork: pods.hostNetwork,
    nodeSelector: { "kubernetes.io/os": "linux" },
    ...(pods.priorityClass ? { priorityClassName: pods.priorityClass } : {}),
    ...(pods.nodes === "gpu" ? { affinity: onGpuTypes } : {}),
    tolerations: pods.tolerations,
    containers: pods.containers.map(({ memoryMiB, milliCpus, name }) => ({
      name,
      // No image is pulled: the nodes are simulated.
      image: `eks/${name}`,
      resources: {
        requests: {
          ...(milliCpus > 0 ? { cpu: `${milliCpus}m` } : {}),
          ...(memoryMiB > 0 ? { memory: `${memoryMiB}Mi` } : {}),
        },
      },
    })),
  };
}

/** The publisher's list of types has all of the catalog's with a GPU. */
const onGpuTypes = {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [
        {
          matchExpressions: [
            {
              key: "node.kubernetes.io/instance-type",
              operator: "In",
              values: instanceTypes.filter(({ gpu }) => gpu !== undefined).map(({ name }) => name),
            },
          ],
        },
      ],
    },
  },
};
