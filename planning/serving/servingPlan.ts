import type { ImageChoice } from "../data/images.ts";
import type { PodRolePlan } from "../foundation/iam/roles.ts";
import type { LaunchFile } from "./launch.ts";
import type { RoutePlan } from "./route.ts";
import type { ScalingPlan } from "./scaling.ts";
import type { SchedulingPlan } from "./scheduling.ts";
import type { TimingPlan } from "./timing.ts";

/** Programs that answer requests. `triton` runs vLLM inside: same models, same memory, another interface. */
export const servers = ["vllm", "tgi", "ollama", "triton"] as const;
export type Server = (typeof servers)[number];

/** How one model is served in Kubernetes, as plain values. */
export interface ServingPlan {
  /** Name of all its objects: the model's, with hyphens for dots. Changing it replaces them. */
  readonly name: string;
  /** Name of the model, as it is described and as requests have it. */
  readonly model: string;
  readonly server: Server;
  /** Why nobody should choose this server for something new; undefined where there is no reason. */
  readonly legacy: string | undefined;
  readonly namespace: string;
  /** Namespaces whose pods may call it themselves. */
  readonly clients: readonly string[];
  readonly image: ImageChoice;
  /** What runs in the image. Undefined: the image's own entrypoint. */
  readonly command: readonly string[] | undefined;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Environment variable through which the server takes the key that it asks of clients; undefined: it asks for none. */
  readonly keyEnv: string | undefined;
  /** Whether a Hugging Face token is needed: the model is gated and its weights come from the hub itself. */
  readonly gated: boolean;
  /** What the entrypoint launches: once, or for each pod of each replica; empty where the server needs no entrypoint. */
  readonly launches: readonly LaunchFile[];
  /** The same as texts, by file name: `launch.json`, or each pod's name. */
  readonly launchFiles: Readonly<Record<string, string>>;
  /** Text files that the server reads, by path in `configPath`. */
  readonly files: Readonly<Record<string, string>>;
  readonly ports: PortsPlan;
  readonly health: HealthPlan;
  readonly user: UserPlan;
  readonly replicas: number;
  /** Pods of one replica: more than one where its GPUs don't fit on a node. Rank 0 answers. */
  readonly podsPerReplica: number;
  readonly resources: ServingResources;
  readonly volumes: readonly ServingVolume[];
  /** Ollama's store, with what is pulled into it; undefined where weights are fetched at start, or are in the image. */
  readonly store: ModelStorePlan | undefined;
  /** Prefix of a bucket that is mounted as a folder, by Mountpoint for S3, which has its own rights. */
  readonly bucketFolder: BucketFolderPlan | undefined;
  readonly scheduling: SchedulingPlan;
  readonly timing: TimingPlan;
  /** Undefined where nothing scales it. */
  readonly scaling: ScalingPlan | undefined;
  /**
   * Whether an `up` waits until it answers. Not where its nodes start from zero: whether a GPU can be had is known when the
   * autoscaler has asked for one, and a GPU that can't must stop a model, not the environment.
   */
  readonly awaited: boolean;
  readonly route: RoutePlan | undefined;
  /** Rights in AWS to read its weights; undefined where there is no AWS, or it reads nothing there. */
  readonly role: PodRolePlan | undefined;
}

export interface PortsPlan {
  readonly http: number;
  /** Port of Prometheus metrics, the same where the server has but one; undefined for a server without metrics. */
  readonly metrics: number | undefined;
  readonly grpc: number | undefined;
  /** Ports by which the pods of one replica reach each other: all, as NCCL takes any; undefined for one pod. */
  readonly group: { readonly first: number; readonly last: number } | undefined;
}

export interface HealthPlan {
  /** Path that answers when requests can be served. */
  readonly ready: string;
  /** Path that answers while a restart would not help. */
  readonly alive: string;
  /** What tells instead of `ready`. */
  readonly readyCommand?: readonly string[];
  /**
   * What the signal to stop waits for, for a server that would cut off at it what is under way. Default: some seconds, until
   * nobody is sent there any more.
   */
  readonly endCommand?: readonly string[];
  /** What must succeed once before the pod counts as started, instead of `alive`. */
  readonly startCommand: readonly string[] | undefined;
  /** What tells instead of the paths, where only one of several pods answers. It knows its rank by POD_INDEX. */
  readonly groupCommand: readonly string[] | undefined;
}

export interface UserPlan {
  readonly id: number;
  readonly group: number;
}

/** As Kubernetes takes them. Extended resources have the same request and limit, as it demands. */
export interface ServingResources {
  readonly requests: Readonly<Record<string, string>> & { readonly cpu: string; readonly memory: string };
  readonly limits: Readonly<Record<string, string>> & { readonly memory: string };
}

/** A folder that lives as long as its pod: it outlives a restart of the container, not a move to another node. */
export interface ServingVolume {
  readonly name: string;
  readonly path: string;
  /** `disk`: where kubelet keeps pods, which is local NVMe on nodes that have it. `memory` counts as the pod's memory. */
  readonly medium: "disk" | "memory";
  /** What it may hold; beyond that a pod on disk is evicted, and a write to memory fails. */
  readonly sizeMiB: number;
  readonly why: string;
}

/** A volume per replica with one model of Ollama's library in it. */
export interface ModelStorePlan {
  readonly path: string;
  readonly sizeGiB: number;
  /** `tinyllama:1.1b-chat-v1-q4_K_M`. */
  readonly tag: string;
  /** SHA-256 of the tag's manifest, without prefix. Undefined: what the tag points to on that day is taken. */
  readonly digest: string | undefined;
  /** File of the manifest in the store, relative to `path`. */
  readonly manifest: string;
  /** Seconds that the pull may take. */
  readonly deadlineSeconds: number;
  readonly env: Readonly<Record<string, string>>;
}

export interface BucketFolderPlan {
  readonly path: string;
  readonly bucket: string;
  readonly region: string;
  /** Without a slash at its end. */
  readonly prefix: string;
}
