import type { Engine } from "../../spec/models.ts";

/** A value of a flag. Secrets never are one: they come through the environment. */
export type Argument = string | number | boolean | readonly string[] | Readonly<Record<string, unknown>>;
export type Arguments = Readonly<Record<string, Argument>>;

/**
 * What the entrypoint `m2m/entrypoint` reads: it checks the GPUs, fetches and checks the weights, and becomes the engine.
 * `docs/serving/launch.schema.json` is its schema.
 */
export interface LaunchFile {
  /** Hugging Face id of the files that are loaded. */
  readonly model: string;
  /** Commit; null takes the newest. */
  readonly revision: string | null;
  readonly engine: Extract<Engine, "vllm" | "tgi">;
  readonly weights: {
    /** Where they are kept on disk; null: the engine streams them from `source`. */
    readonly directory: string | null;
    /** `s3://bucket/prefix`, or `hub` for Hugging Face. */
    readonly source: string;
  };
  /** What the plan counts on: GPUs of this pod, the memory of each, and what they must be able to compute. */
  readonly hardware: {
    readonly gpus: number;
    readonly gpuMemoryMiB: number;
    readonly computeCapability: string;
  };
  /** By flag, without dashes. The model's path is not among them: the entrypoint knows it. */
  readonly arguments: Arguments;
}

/** Where the entrypoint finds its file, and itself. */
export const launchPath = "/etc/m2m/launch.json";
export const entrypointFolder = "/opt/m2m/entrypoint";

/** Where a staging Job finds its file, and its program beside the entrypoint, whose modules it takes. */
export const stagePath = "/etc/m2m/stage.json";
export const stageFolder = "/opt/m2m/stage";

/** What an image with Python 3 runs instead of the engine. */
export const launchCommand: readonly string[] = ["python3", entrypointFolder];
