import { quantizations } from "../../../catalog/quantizations.ts";
import type { Arguments, LaunchFile } from "../launch.ts";
import { launchCommand } from "../launch.ts";
import { hardwareOf } from "./hardware.ts";
import { cacheFolder, compilerCaches, type EngineInput, type EngineParts, weightsFolder } from "./parts.ts";

const port = 8000;
/** Port of rank 0 by which the pods of a replica find each other: vLLM's own default. */
const groupPort = 29_501;

/** Ports that NCCL, Gloo and vLLM's queues take by chance: Linux' range for that. */
const groupPorts = { first: 1024, last: 65_535 };

/**
 * `vllm serve`, launched by the entrypoint from a configuration file.
 * Flags: vLLM 0.31.0, engine/arg_utils.py and entrypoints/launchers/cli_args.py; a test has its own parser read them.
 */
export function vllmParts(input: EngineInput): EngineParts {
  const { group, timing } = input;
  const ranks = Array.from({ length: group?.size ?? 1 }, (_, rank) => rank);
  return {
    image: "vllm",
    command: launchCommand,
    args: [],
    env: {
      ...compilerCaches,
      VLLM_CACHE_ROOT: `${cacheFolder}/vllm`,
      FLASHINFER_WORKSPACE_BASE: cacheFolder,
      // Loading is waited for as long as the startup probe does; 600 s by default.
      VLLM_ENGINE_READY_TIMEOUT_S: String(timing.startLimitSeconds),
      VLLM_NO_USAGE_STATS: "1",
      DO_NOT_TRACK: "1",
    },
    keyEnv: "VLLM_API_KEY",
    launches: ranks.map((rank) => launchOf(input, rank)),
    files: {},
    ports: { http: port, metrics: port, grpc: undefined, group: group && groupPorts },
    // The port opens when the engine is up; it answers 503 once the engine is dead (engine/protocol: check_health).
    health: { ready: "/health", alive: "/health", startCommand: undefined },
    // The one user beside root that the image is made for. Source: vLLM docs/deployment/docker.md.
    user: { id: 2000, group: 0 },
  };
}

function launchOf(input: EngineInput, rank: number): LaunchFile {
  const { model, streamed, weights } = input;
  return {
    model: weights.repository,
    revision: weights.revision ?? null,
    engine: "vllm",
    weights: {
      directory: streamed ? null : `${weightsFolder}/${model.name}`,
      source: weights.source,
    },
    hardware: hardwareOf(input).hardware,
    arguments: vllmArguments(input, rank),
  };
}

/**
 * Everything that the estimate of memory counted with is set, also where it is the default: a newer vLLM may have others.
 * Attention is left to vLLM, which takes FlashAttention 2, 3 or 4 by the card. Remote code is never trusted.
 */
export function vllmArguments(input: EngineInput, rank = 0): Arguments {
  const { group, model, streamed, timing } = input;
  const { context, kvCacheType, pipelineParallel, tensorParallel } = model.deployment;
  return {
    "served-model-name": [model.name, model.model],
    host: "0.0.0.0",
    port,
    ...engineArguments(input),
    ...(pipelineParallel > 1 ? { "pipeline-parallel-size": pipelineParallel } : {}),
    ...(tensorParallel > 1 ? { "tensor-parallel-size": tensorParallel } : {}),
    "max-model-len": context,
    ...(kvCacheType === "auto" ? {} : { "kv-cache-dtype": kvCacheType }),
    "enable-prefix-caching": true,
    "shutdown-timeout": timing.drainSeconds,
    "disable-access-log-for-endpoints": "/health,/metrics",
    // Pages of documentation that nobody is routed to.
    "disable-fastapi-docs": true,
    ...(streamed ? streaming(input) : {}),
    ...(group
      ? {
          nnodes: group.size,
          "node-rank": rank,
          "master-addr": group.leader,
          "master-port": groupPort,
          ...(rank > 0 ? { headless: true } : {}),
        }
      : {}),
  };
}

function engineArguments(input: EngineInput): Arguments {
  const { model } = input;
  const { batch, deployment } = model;
  return {
    "gpu-memory-utilization": hardwareOf(input).utilization,
    ...(batch ? { "max-num-batched-tokens": batch.tokens, "max-num-seqs": batch.sequences } : {}),
    ...(onlineFormat(input) ? { quantization: deployment.quantization } : {}),
  };
}

/** A format that vLLM makes while it loads must be named; every other stands in the files. */
export function onlineFormat({ model, weights }: Pick<EngineInput, "model" | "weights">): boolean {
  return quantizations[model.deployment.quantization].online && weights.repository === model.model;
}

/**
 * Several readers, each with a part of the buffer; with several GPUs each reads its part. The buffer is within what the pod
 * asks for: by default it is 40 GB (run-ai/runai-model-streamer, docs/src/env-vars.md, RUNAI_STREAMER_MEMORY_LIMIT).
 */
function streaming({ model }: EngineInput): Arguments {
  const gib = Math.ceil(model.memory.diskMiB / 1024);
  return {
    "load-format": "runai_streamer",
    "model-loader-extra-config": {
      concurrency: Math.min(16, Math.max(4, Math.ceil(gib / 4))),
      memory_limit: 2 ** 31,
      ...((model.gpu?.count ?? 1) > 1 ? { distributed: true } : {}),
    },
  };
}
