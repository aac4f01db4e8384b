import { cacheFolder, compilerCaches, type EngineInput, type EngineParts, weightsFolder } from "./parts.ts";
import { onlineFormat } from "./vllm.ts";

const ports = { http: 8000, grpc: 8001, metrics: 8002 };
/** Folder of the model repository. */
const repository = "/etc/triton";

/**
 * NVIDIA's Triton Inference Server with its vLLM backend: the same model behind Triton's own HTTP and gRPC interface, for
 * those who have clients of it or put several models together. Its metrics lack vLLM's queue and cache.
 *
 * The vLLM in the image is older than the platform's own, so only settings are used that vLLM has had for long.
 * Source: triton-inference-server/vllm_backend, README.md, docs/additional_outputs.md and samples; server docs,
 * model_repository.md, inference_protocols.md.
 */
export function tritonParts(input: EngineInput): EngineParts {
  const { model } = input;
  return {
    image: "triton",
    command: ["tritonserver"],
    args: [
      `--model-repository=${repository}`,
      `--http-port=${ports.http}`,
      `--grpc-port=${ports.grpc}`,
      `--metrics-port=${ports.metrics}`,
      "--strict-readiness=true",
      "--exit-on-error=true",
      `--exit-timeout-secs=${input.timing.drainSeconds}`,
      `--backend-config=python,shm-default-byte-size=${64 * 2 ** 20}`,
    ],
    env: {
      ...compilerCaches,
      VLLM_CACHE_ROOT: `${cacheFolder}/vllm`,
      VLLM_NO_USAGE_STATS: "1",
      ...(input.weights.prefix === undefined ? {} : { HF_HUB_OFFLINE: "1" }),
    },
    keyEnv: undefined,
    launches: [],
    files: {
      [`${repository}/${model.name}/config.pbtxt`]: modelConfiguration(model.name),
      [`${repository}/${model.name}/1/model.json`]: `${JSON.stringify(engineSettings(input), undefined, 2)}\n`,
    },
    ports: { ...ports, group: undefined },
    health: {
      ready: "/v2/health/ready",
      alive: "/v2/health/live",
      startCommand: undefined,
      groupCommand: undefined,
    },
    user: { id: 1000, group: 1000 },
  };
}

/** Protobuf text of `inference.ModelConfig`. Without the parameter the backend keeps vLLM's metrics to itself. */
function modelConfiguration(name: string): string {
  return [
    `name: ${JSON.stringify(name)}`,
    'backend: "vllm"',
    "instance_group [",
    "  {",
    "    count: 1",
    "    kind: KIND_MODEL",
    "  }",
    "]",
    "parameters {",
    '  key: "REPORT_CUSTOM_METRICS"',
    '  value { string_value: "true" }',
    "}",
    "",
  ].join("\n");
}

/** Fields of vLLM's `AsyncEngineArgs`. */
export function engineSettings(input: EngineInput): Readonly<Record<string, string | number | boolean>> {
  const { model } = input;
  const { batch, deployment } = model;
  const { context, kvCacheType, pipelineParallel, quantization, tensorParallel } = deployment;
  const { prefix, repository: id, revision } = input.weights;
  return {
    // From the bucket, mounted as a folder; else vLLM asks the hub.
    model: prefix === undefined ? id : `${weightsFolder}/${model.name}`,
    ...(prefix === undefined && revision !== undefined ? { revision } : {}),
    served_model_name: model.name,
    tensor_parallel_size: tensorParallel,
    pipeline_parallel_size: pipelineParallel,
    gpu_memory_utilization: input.model.deployment.gpuMemoryUtilization,
    max_model_len: context,
    ...(batch ? { max_num_batched_tokens: batch.tokens, max_num_seqs: batch.sequences } : {}),
    ...(kvCacheType === "auto" ? {} : { kv_cache_dtype: kvCacheType }),
    ...(onlineFormat(input) ? { quantization } : {}),
    enable_prefix_caching: true,
    disable_log_stats: false,
  };
}
