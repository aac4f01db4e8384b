import type { MirroredImageName } from "../../data/mirrors.ts";
import type { ModelPlan } from "../../models.ts";
import type { LaunchFile } from "../launch.ts";
import type { HealthPlan, PortsPlan, UserPlan } from "../servingPlan.ts";
import type { StreamingPlan } from "../streaming.ts";
import type { TimingPlan } from "../timing.ts";
import type { WeightsPlan } from "../weights.ts";

/** What an engine's settings are made from. */
export interface EngineInput {
  readonly model: ModelPlan;
  readonly weights: WeightsPlan;
  /** Whether they are in the image. */
  readonly baked: boolean;
  /** How they go from S3 to the GPUs without a stop on disk; undefined: by way of disk. */
  readonly streaming: StreamingPlan | undefined;
  /** Pods of a replica; undefined for one. */
  readonly group: GroupPlan | undefined;
  readonly timing: TimingPlan;
}

/** Pods that serve one replica together. */
export interface GroupPlan {
  readonly size: number;
  /** Host of each replica's rank 0. */
  readonly leaders: readonly string[];
}

/** What differs from engine to engine. */
export interface EngineParts {
  readonly image: MirroredImageName;
  readonly command: readonly string[] | undefined;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly keyEnv: string | undefined;
  readonly launches: readonly LaunchFile[];
  readonly files: Readonly<Record<string, string>>;
  readonly ports: PortsPlan;
  readonly health: HealthPlan;
  readonly user: UserPlan;
}

/** Where servers keep what they fetch and what they compile. */
export const weightsFolder = "/models";
export const cacheFolder = "/cache";
/** The same in an image that has weights in it. */
export const bakedFolder = "/opt/models";

/** Caches of PyTorch's compilers on the pod's own disk; the image's root is read-only. */
export const compilerCaches = {
  HOME: "/tmp",
  XDG_CACHE_HOME: cacheFolder,
  TRITON_CACHE_DIR: `${cacheFolder}/triton`,
  TORCHINDUCTOR_CACHE_DIR: `${cacheFolder}/inductor`,
  HF_HOME: `${cacheFolder}/huggingface`,
  PYTHONUNBUFFERED: "1",
} as const;
