import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Resources } from "../../planning/services.ts";
import { named, type Placement, selectorOf } from "./metadata.ts";

type PodSpec = types.input.core.v1.PodSpec;
type Container = types.input.core.v1.Container;

/** A key of a Secret, shown to the program as an environment variable. */
export interface SecretKey {
  readonly secret: pulumi.Input<string>;
  readonly key: string;
}

/** A volume and where the program finds it. */
export interface Mount {
  readonly volume: types.input.core.v1.Volume;
  readonly mount: types.input.core.v1.VolumeMount;
}

/** A program that runs to its end before the pod's own starts. It sees the same folders. */
export interface Step extends Pick<Program, "image" | "command" | "env" | "resources"> {
  /** Name of its container. */
  readonly name: string;
}

/** One program in a pod of its own. */
export interface Program extends Placement {
  /** Name of the workload and the label that selects its pods. Changing it replaces the workload. */
  readonly app: string;
  readonly image: pulumi.Input<string>;
  /** What to run. Default: the image's entrypoint. */
  readonly command?: readonly string[];
  /** Arguments for `command` or the entrypoint. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, pulumi.Input<string>>>;
  readonly secretEnv?: Readonly<Record<string, SecretKey>>;
  readonly resources: Resources;
  /** User and group of the processes; volumes are made writable for it. Never 0. */
  readonly user: number;
  /** Volumes, beside a scratch folder at `/tmp`. */
  readonly mounts?: readonly Mount[];
  /** What has to be done in the pod before the program starts. Default: nothing. */
  readonly before?: Step | undefined;
  /** Seconds between the signal to stop and the end of the process. Default 30. */
  readonly graceSeconds?: number;
  /** Whom it may push off a full node. Default: nobody. `system-*` is for what a cluster or a node can't do without. */
  readonly priorityClass?: "system-cluster-critical" | "system-node-critical";
}

interface PodSettings {
  readonly serviceAccountName?: pulumi.Input<string>;
  /** Whether the program talks to the API server and so needs its account's token. Default: no. */
  readonly token?: boolean;
  readonly restartPolicy?: "Always" | "Never";
  readonly port?: { readonly name: string; readonly containerPort: number };
  readonly probes?: Pick<Container, "startupProbe" | "readinessProbe" | "livenessProbe">;
}

/**
 * A pod as the `restricted` Pod Security Standard asks for, and stricter: read-only root, no API token unless it is
 * needed, and no service environment variables (a Service named after a program sets `<PROGRAM>_PORT`, which many
 * programs read as a setting of their own). Replicas spread over nodes and zones as far as there are any.
 */
export function podTemplate(
  program: Program,
  settings: PodSettings = {},
): types.input.core.v1.PodTemplateSpec {
  const { app, user } = program;
  const { restartPolicy, serviceAccountName, token = false } = settings;
  const mounts = [scratch("tmp", "/tmp"), ...(program.mounts ?? [])];
  const spec: PodSpec = {
    automountServiceAccountToken: token,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: user,
      fsGroup: user,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
    ...(program.priorityClass === undefined ? {} : { priorityClassName: program.priorityClass }),
    terminationGracePeriodSeconds: program.graceSeconds ?? 30,
    topologySpreadConstraints: ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map(
      (topologyKey) => ({
        topologyKey,
        maxSkew: 1,
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: selectorOf(app) },
      }),
    ),
    ...(program.before ? { initContainers: [container(program.before, {}, mounts)] } : {}),
    containers: [container({ ...program, name: app }, settings, mounts)],
    volumes: mounts.map(({ volume }) => volume),
  };
  return { metadata: { labels: named(app, app, program).labels }, spec };
}

function container(
  program: Step & Pick<Program, "args" | "secretEnv">,
  { port, probes }: PodSettings,
  mounts: readonly Mount[],
): Container {
  const { args, command, env = {}, image, name: containerName, resources, secretEnv = {} } = program;
  return {
    name: containerName,
    image,
    imagePullPolicy: "IfNotPresent",
    ...(command ? { command: [...command] } : {}),
    ...(args ? { args: [...args] } : {}),
    env: [
      ...Object.entries(env).map(([name, value]) => ({ name, value })),
      ...Object.entries(secretEnv).map(([name, { key, secret }]) => ({
        name,
        valueFrom: { secretKeyRef: { name: secret, key } },
      })),
    ],
    ...(port ? { ports: [port] } : {}),
    resources,
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      readOnlyRootFilesystem: true,
    },
    ...probes,
    volumeMounts: mounts.map(({ mount }) => mount),
  };
}

/** A folder for temporary files: on disk, because memory-backed ones count against the pod's memory; bounded. */
export function scratch(name: string, mountPath: string, sizeLimit = "256Mi"): Mount {
  return { volume: { name, emptyDir: { sizeLimit } }, mount: { name, mountPath } };
}

/** A folder for secrets: in memory, so that they are on no disk. */
export function inMemory(name: string, mountPath: string): Mount {
  return {
    volume: { name, emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
    mount: { name, mountPath },
  };
}

/** A ConfigMap's or Secret's keys as files. */
export function files(
  name: string,
  mountPath: string,
  source: Omit<types.input.core.v1.Volume, "name">,
): Mount {
  return { volume: { name, ...source }, mount: { name, mountPath, readOnly: true } };
}

/** A Secret's keys as files that only the program's group may read. */
export function secretFiles(name: string, mountPath: string, secretName: pulumi.Input<string>): Mount {
  return files(name, mountPath, { secret: { secretName, defaultMode: 0o440 } });
}
