import { quantizations } from "../../../catalog/quantizations.ts";
import type { Arguments, LaunchFile } from "../launch.ts";
import { launchCommand } from "../launch.ts";
import type { StreamingPlan } from "../streaming.ts";
import { hardwareOf } from "./hardware.ts";
import {
  bakedFolder,
  cacheFolder,
  compilerCaches,
  type EngineInput,
  type EngineParts,
  weightsFolder,
} from "./parts.ts";

const port = 8000;
/** Port of rank 0 by which the pods of a replica find each other: vLLM's own default. */
const groupPort = 29_501;

/** Only rank 0 answers; the others' processes end with the engine, and so do their containers. */
const answersOrWorks = [
  "import os, urllib.request",
  `os.environ["POD_INDEX"] != "0" or urllib.request.urlopen("http://127.0.0.1:${port}/health", timeout=4)`,
].join("; ");

/** Ports that NCCL, Gloo and vLLM's queues take by chance: Linux' range for that. */
const groupPorts = { first: 1024, last: 65_535 };

/**
 * `vllm serve`, launched by the entrypoint from a configuration file.
 * Flags: vLLM 0.31.0, engine/arg_utils.py and entrypoints/launchers/cli_args.py; a test has its own parser read them.
 */
export function vllmParts(input: EngineInput): EngineParts {
  const { group, timing } = input;
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
    launches: group
      ? group.leaders.flatMap((leader) =>
          Array.from({ length: group.size }, (_, rank) =>
            launchOf(input, { leader, rank, size: group.size }),
          ),
        )
      : [launchOf(input)],
    files: {},
    ports: { http: port, metrics: port, grpc: undefined, group: group && groupPorts },
    // The port opens when the engine is up; it answers 503 once the engine is dead (engine/protocol: check_health).
    health: {
      ready: "/health",
      alive: "/health",
      startCommand: undefined,
      groupCommand: group && ["python3", "-c", answersOrWorks],
    },
    // The one user beside root that the image is made for. Source: vLLM docs/deployment/docker.md.
    user: { id: 2000, group: 0 },
  };
}

/** A pod's place among those of its replica. */
interface Place {
  readonly size: number;
  readonly rank: number;
  readonly leader: string;
}

function launchOf(input: EngineInput, place?: Place): LaunchFile {
  const { baked, model, streaming, weights } = input;
  return {
    model: weights.repository,
    revision: weights.revision ?? null,
    engine: "vllm",
    weights: {
      directory: streaming ? null : `${baked ? bakedFolder : weightsFolder}/${model.name}`,
      source: weights.source,
    },
    hardware: hardwareOf(input),
    arguments: vllmArguments(input, place),
  };
}

/**
 * Everything that the estimate of memory counted with is set, also where it is the default: a newer vLLM may have others.
 * Attention is left to vLLM, which takes FlashAttention 2, 3 or 4 by the card. Remote code is never trusted.
 */
function vllmArguments(input: EngineInput, place: Place | undefined): Arguments {
  const { model, streaming, timing } = input;
  const { context, kvCacheType, pipelineParallel, tensorParallel } = model.deployment;
  return {
    "served-model-name": [model.name, model.model],
    host: "0.0.0.0",
    port,
    ...engineArguments(input),
    ...(model.task === "embed" ? { runner: "pooling" } : {}),
    ...(pipelineParallel > 1 ? { "pipeline-parallel-size": pipelineParallel } : {}),
    ...(tensorParallel > 1 ? { "tensor-parallel-size": tensorParallel } : {}),
    "max-model-len": context,
    ...(kvCacheType === "auto" ? {} : { "kv-cache-dtype": kvCacheType }),
    "enable-prefix-caching": true,
    "shutdown-timeout": timing.drainSeconds,
    "disable-access-log-for-endpoints": "/health,/metrics",
    // Pages of documentation that nobody is routed to.
    "disable-fastapi-docs": true,
    ...(streaming ? streamingArguments(input, streaming) : {}),
    ...(place
      ? {
          nnodes: place.size,
          "node-rank": place.rank,
          "master-addr": place.leader,
          "master-port": groupPort,
          ...(place.rank > 0 ? { headless: true } : {}),
        }
      : {}),
  };
}

function engineArguments(input: EngineInput): Arguments {
  const { model } = input;
  const { batch, deployment, gpu, memory } = model;
  // Profiling takes what a neighbour on the card allocates meanwhile for its own, and would find too little for the cache.
  const cacheBytes =
    gpu?.sharing?.kind === "time-slicing" ? Math.floor(memory.shares.kvCache * 2 ** 20) : undefined;
  return {
    "gpu-memory-utilization": input.model.deployment.gpuMemoryUtilization,
    ...(cacheBytes === undefined ? {} : { "kv-cache-memory-bytes": cacheBytes }),
    ...(batch ? { "max-num-batched-tokens": batch.tokens, "max-num-seqs": batch.sequences } : {}),
    ...(onlineFormat(input) ? { quantization: deployment.quantization } : {}),
  };
}

/** A format that vLLM makes while it loads must be named; every other stands in the files. */
export function onlineFormat({ model, weights }: Pick<EngineInput, "model" | "weights">): boolean {
  return quantizations[model.deployment.quantization].online && weights.repository === model.model;
}

/** With several GPUs each reads its part. */
function streamingArguments({ model }: EngineInput, { bufferBytes, concurrency }: StreamingPlan): Arguments {
  return {
    "load-format": "runai_streamer",
    "model-loader-extra-config": {
      concurrency,
      memory_limit: bufferBytes,
      ...((model.gpu?.count ?? 1) > 1 ? { distributed: true } : {}),
    },
  };
}
