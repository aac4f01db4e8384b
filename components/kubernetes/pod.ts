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
  /** Undefined for one that a StatefulSet adds for each of its pods. */
  readonly volume: types.input.core.v1.Volume | undefined;
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
  /** Fields of the pod that the program gets to know, such as `metadata.name`. */
  readonly fieldEnv?: Readonly<Record<string, string>>;
  readonly resources: Resources;
  /** User of the processes; volumes are made writable for its group. Never 0. */
  readonly user: number;
  /** Group of the processes. Default: the user's number. */
  readonly group?: number;
  /** Volumes, beside a scratch folder at `/tmp`. */
  readonly mounts?: readonly Mount[];
  /** What has to be done in the pod before the program starts. Default: nothing. */
  readonly before?: Step | undefined;
  /** Seconds between the signal to stop and the end of the process. Default 30. */
  readonly graceSeconds?: number;
  /** Whom it may push off a full node. Default: nobody. `system-*` is for what a cluster or a node can't do without. */
  readonly priorityClass?: string | undefined;
  /** Seconds between the decision to stop it and the signal, in which others learn to ask elsewhere. Default: none. */
  readonly preStopSeconds?: number;
  /** What to run and wait for before the signal, instead of some seconds. Default: nothing. */
  readonly preStopCommand?: readonly string[] | undefined;
  /** Where it may run, and how replicas spread. Default: anywhere, spread over nodes and zones as far as there are any. */
  readonly scheduling?: PodScheduling;
  /**
   * What its pods must come after and go before, such as their nodes. Nothing else of it waits for that. Default: nothing.
   */
  readonly after?: readonly pulumi.Resource[];
}

/** The part of a pod that the scheduler reads. */
export type PodScheduling = Pick<
  PodSpec,
  "nodeSelector" | "affinity" | "tolerations" | "topologySpreadConstraints"
>;

interface ContainerPort {
  readonly name: string;
  readonly containerPort: number;
}

interface PodSettings {
  readonly serviceAccountName?: pulumi.Input<string>;
  /** Whether the program talks to the API server and so needs its account's token. Default: no. */
  readonly token?: boolean;
  readonly restartPolicy?: "Always" | "Never";
  readonly port?: ContainerPort;
  /** Ports beside it. */
  readonly morePorts?: readonly ContainerPort[];
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
  const { app, group = program.user, user } = program;
  const { restartPolicy, serviceAccountName, token = false } = settings;
  const mounts = [scratch("tmp", "/tmp"), ...(program.mounts ?? [])];
  const spec: PodSpec = {
    automountServiceAccountToken: token,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: group,
      fsGroup: group,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
    ...(program.priorityClass === undefined ? {} : { priorityClassName: program.priorityClass }),
    terminationGracePeriodSeconds: program.graceSeconds ?? 30,
    ...(program.scheduling ?? { topologySpreadConstraints: spreadAsFarAsPossible(app) }),
    ...(program.before ? { initContainers: [container(program.before, {}, mounts)] } : {}),
    containers: [container({ ...program, name: app }, settings, mounts)],
    volumes: volumesOf(mounts),
  };
  return { metadata: { labels: named(app, app, program).labels }, spec };
}

function spreadAsFarAsPossible(app: string) {
  return ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map((topologyKey) => ({
    topologyKey,
    maxSkew: 1,
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels: selectorOf(app) },
  }));
}

function container(
  program: Step & Pick<Program, "args" | "fieldEnv" | "preStopCommand" | "preStopSeconds" | "secretEnv">,
  { morePorts = [], port, probes }: PodSettings,
  mounts: readonly Mount[],
): Container {
  const { args, command, env = {}, image, name: containerName, resources, secretEnv = {} } = program;
  const { fieldEnv = {} } = program;
  const preStop = preStopOf(program);
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
      ...Object.entries(fieldEnv).map(([name, fieldPath]) => ({
        name,
        valueFrom: { fieldRef: { fieldPath } },
      })),
    ],
    ...(port ? { ports: [port, ...morePorts] } : {}),
    resources,
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      readOnlyRootFilesystem: true,
    },
    ...probes,
    ...(preStop ? { lifecycle: { preStop } } : {}),
    volumeMounts: mounts.map(({ mount }) => mount),
  };
}

function preStopOf({ preStopCommand, preStopSeconds }: Pick<Program, "preStopCommand" | "preStopSeconds">) {
  if (preStopCommand) return { exec: { command: [...preStopCommand] } };
  return preStopSeconds === undefined ? undefined : { sleep: { seconds: preStopSeconds } };
}

export function volumesOf(mounts: readonly Mount[]): types.input.core.v1.Volume[] {
  return mounts.flatMap(({ volume }) => volume ?? []);
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
