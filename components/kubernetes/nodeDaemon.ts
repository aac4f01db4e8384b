import type { types } from "@pulumi/kubernetes";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Resources } from "../../planning/services.ts";
import { type Transform, transformed } from "../transform.ts";
import { generated, named, type Placement, selectorOf } from "./metadata.ts";
import { type Peer, trafficPolicy } from "./network.ts";
import { files, type Mount, scratch, volumesOf } from "./pod.ts";

export interface NodeDaemonArgs extends Placement {
  /** Name of the DaemonSet and the label that selects its pods. Changing it replaces it. */
  readonly app: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Environment variable that gets the node's name. */
  readonly nodeNameEnv?: string;
  readonly resources: Resources;
  /** Label that a node must have, whatever its value. */
  readonly onNodesWith: string;
  /** What else a node's labels must be. Default: anything. */
  readonly onlyWhere?: types.input.core.v1.NodeSelectorRequirement;
  /** Taint that keeps everything else off those nodes. */
  readonly toleratedTaint: string;
  /** Settings, which it finds as files in a folder. A change starts it anew. Default: none. */
  readonly settings?: { readonly folder: string; readonly files: Readonly<Record<string, string>> };
  /** Folders of the node that it needs. */
  readonly hostFolders: readonly {
    readonly name: string;
    readonly path: string;
    readonly readOnly: boolean;
  }[];
  /** Sees all devices of its node, as its node does, and has its node's network. Default: neither. */
  readonly asItsNode?: boolean;
  /** Linux capabilities that it can't do without. Default: none. */
  readonly capabilities?: readonly string[];
  /** Port and path of its health and metrics; undefined for one that serves nobody. */
  readonly serves?: {
    readonly port: number;
    readonly health: string;
    readonly startSeconds: number;
    readonly from: readonly Peer[];
  };
  readonly transform?: { readonly daemonSet?: Transform<k8s.apps.v1.DaemonSetArgs> } | undefined;
}

/**
 * A program that reaches into its node: one pod on each node with a label, as root, because the folders that it needs
 * are root's. Everything else is closed as far as it goes: no privileges to gain, no capabilities but those named, a
 * read-only root, no token, no network but what is said. One that drives devices is its node's equal instead.
 *
 * Updates in place, one node after the other.
 */
export class NodeDaemon extends pulumi.ComponentResource {
  constructor(name: string, args: NodeDaemonArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:kubernetes:NodeDaemon", name, {}, opts);
    const child = { parent: this };
    const { app, serves, transform } = args;
    const metadata = named(app, app, args);

    const policy = trafficPolicy(
      name,
      { ...args, port: serves?.port, from: serves?.from ?? [], to: [] },
      child,
    );
    const settings = settingsOf(name, args, child);
    const account = new k8s.core.v1.ServiceAccount(
      name,
      { metadata, automountServiceAccountToken: false },
      child,
    );
    new k8s.apps.v1.DaemonSet(
      name,
      transformed(transform?.daemonSet, {
        metadata,
        spec: {
          selector: { matchLabels: selectorOf(app) },
          updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1 } },
          template: {
            metadata: { labels: metadata.labels },
            spec: podSpec(args, account.metadata.name, settings),
          },
        },
      }),
      { ...child, dependsOn: policy },
    );

    this.registerOutputs({});
  }
}

/** Immutable and named by the engine, so that other settings make other pods: docs/adr/0003. */
function settingsOf(name: string, args: NodeDaemonArgs, opts: pulumi.CustomResourceOptions): Mount[] {
  const { app, settings } = args;
  if (settings === undefined) return [];
  const map = new k8s.core.v1.ConfigMap(
    `${name}-settings`,
    { metadata: generated(app, args), immutable: true, data: { ...settings.files } },
    opts,
  );
  return [files("settings", settings.folder, { configMap: { name: map.metadata.name } })];
}

function podSpec(
  args: NodeDaemonArgs,
  serviceAccountName: pulumi.Input<string>,
  settings: readonly Mount[],
): types.input.core.v1.PodSpec {
  const mounts = [scratch("tmp", "/tmp"), ...settings, ...args.hostFolders.map(hostMount)];
  return {
    serviceAccountName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...(args.asItsNode ? { hostNetwork: true } : {}),
    priorityClassName: "system-node-critical",
    securityContext: { seccompProfile: { type: "RuntimeDefault" } },
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            {
              matchExpressions: [
                { key: args.onNodesWith, operator: "Exists" },
                ...(args.onlyWhere ? [args.onlyWhere] : []),
              ],
            },
          ],
        },
      },
    },
    tolerations: [{ key: args.toleratedTaint, operator: "Exists", effect: "NoSchedule" }],
    containers: [container(args, mounts)],
    volumes: volumesOf(mounts),
  };
}

function hostMount({ name, path, readOnly }: NodeDaemonArgs["hostFolders"][number]): Mount {
  return {
    volume: { name, hostPath: { path, type: "Directory" } },
    mount: { name, mountPath: path, readOnly },
  };
}

function container(args: NodeDaemonArgs, mounts: readonly Mount[]): types.input.core.v1.Container {
  const {
    app,
    asItsNode = false,
    capabilities = [],
    command,
    env = {},
    image,
    nodeNameEnv,
    resources,
    serves,
  } = args;
  return {
    name: app,
    image,
    imagePullPolicy: "IfNotPresent",
    ...(command ? { command: [...command] } : {}),
    env: [
      ...Object.entries(env).map(([name, value]) => ({ name, value })),
      ...(nodeNameEnv === undefined
        ? []
        : [{ name: nodeNameEnv, valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }]),
    ],
    resources,
    securityContext: {
      ...(asItsNode
        ? { privileged: true }
        : {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ["ALL"], ...(capabilities.length > 0 ? { add: [...capabilities] } : {}) },
          }),
      readOnlyRootFilesystem: true,
      runAsUser: 0,
    },
    ...(serves ? { ports: [{ name: "metrics", containerPort: serves.port }], ...probes(serves) } : {}),
    volumeMounts: mounts.map(({ mount }) => mount),
  };
}

function probes({ health, port, startSeconds }: NonNullable<NodeDaemonArgs["serves"]>) {
  const get = { httpGet: { path: health, port }, timeoutSeconds: 5 };
  return {
    startupProbe: { ...get, periodSeconds: 5, failureThreshold: Math.ceil(startSeconds / 5) },
    readinessProbe: { ...get, periodSeconds: 10 },
    livenessProbe: { ...get, periodSeconds: 15, failureThreshold: 4 },
  };
}
