import type { Arguments } from "../launch.ts";
import { launchCommand } from "../launch.ts";
import { hardwareOf } from "./hardware.ts";
import { compilerCaches, type EngineInput, type EngineParts, weightsFolder } from "./parts.ts";

const port = 8080;

/** Why not to choose it for something new. Shown in previews and docs. */
export const tgiLegacy =
  "text-generation-inference is archived: no release since 3.3.7 of December 2025, CUDA 12.4, no kernels for Blackwell; take vllm for anything new";

/**
 * Hugging Face's text-generation-inference, launched by the entrypoint. The image's own port is 80, which a process without
 * privileges can't open.
 * Flags: TGI 3.3.7, docs/source/reference/launcher.md.
 */
export function tgiParts(input: EngineInput): EngineParts {
  const { model, weights } = input;
  return {
    image: "tgi",
    command: launchCommand,
    args: [],
    env: { ...compilerCaches, HF_HUB_OFFLINE: "1", DO_NOT_TRACK: "1" },
    keyEnv: "API_KEY",
    launches: [
      {
        model: weights.repository,
        revision: weights.revision ?? null,
        engine: "tgi",
        weights: { directory: `${weightsFolder}/${model.name}`, source: weights.source },
        hardware: hardwareOf(input),
        arguments: tgiArguments(input),
      },
    ],
    files: {},
    ports: { http: port, metrics: port, grpc: undefined, group: undefined },
    health: { ready: "/health", alive: "/health", startCommand: undefined, groupCommand: undefined },
    user: { id: 1000, group: 1000 },
  };
}

function tgiArguments(input: EngineInput): Arguments {
  const { deployment } = input.model;
  const { concurrency, context, kvCacheType, quantization, tensorParallel } = deployment;
  const online = quantization === "fp8" && input.weights.repository === input.model.model;
  return {
    hostname: "0.0.0.0",
    port,
    ...(tensorParallel > 1 ? { sharded: true, "num-shard": tensorParallel } : {}),
    ...(online ? { quantize: "fp8" } : {}),
    ...(quantization === "bf16" ? { dtype: "bfloat16" } : {}),
    ...(kvCacheType === "fp8" ? { "kv-cache-dtype": "fp8_e4m3fn" } : {}),
    "cuda-memory-fraction": input.model.deployment.gpuMemoryUtilization,
    // The prompt must leave room for one token.
    "max-input-tokens": context - 1,
    "max-total-tokens": context,
    "max-concurrent-requests": Math.max(128, concurrency),
    "json-output": true,
    "usage-stats": "off",
  };
}
