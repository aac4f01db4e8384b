import type { ModelArchitecture } from "../../../../catalog/models/architecture.ts";
import { fromHuggingFace } from "../../../../catalog/models/huggingFace.ts";
import type { KvCacheType, QuantizationName } from "../../../../catalog/quantizations.ts";
import { knownModel } from "../../../catalog/support/knownModel.ts";

/** What vLLM logged while it started, in GiB on one GPU. */
export interface Profile {
  readonly name: string;
  readonly architecture: ModelArchitecture;
  readonly quantization: QuantizationName;
  readonly kvCacheType: KvCacheType;
  readonly tensorParallel: number;
  readonly pipelineParallel: number;
  readonly weights: number;
  readonly activations: number;
  /** Growth of what PyTorch doesn't see, from the first look on. */
  readonly outsideTorch: number;
  /** What it expected graphs to take, which it didn't yet take from the cache. */
  readonly graphs: number;
  /** What they took. */
  readonly capturedGraphs: number;
  readonly kvCache: number;
  /** "Maximum concurrency for 8,192 tokens per request". */
  readonly requests: number;
}

type Measured = readonly [
  weights: number,
  activations: number,
  outsideTorch: number,
  graphs: number,
  capturedGraphs: number,
  kvCache: number,
  requests: number,
];

type How = Partial<Pick<Profile, "quantization" | "kvCacheType" | "tensorParallel" | "pipelineParallel">>;

function profile(name: string, architecture: ModelArchitecture, how: How, measured: Measured): Profile {
  const [weights, activations, outsideTorch, graphs, capturedGraphs, kvCache, requests] = measured;
  const parts = { quantization: architecture.published, kvCacheType: "auto", ...how } as const;
  const { tensorParallel = 1, pipelineParallel = 1 } = how;
  const gpus = tensorParallel * pipelineParallel > 1 ? ` TP ${tensorParallel} PP ${pipelineParallel}` : "";
  const cache = parts.kvCacheType === "auto" ? "" : `, KV cache ${parts.kvCacheType}`;
  return {
    ...parts,
    name: `${name} ${parts.quantization}${gpus}${cache}`,
    architecture,
    tensorParallel,
    pipelineParallel,
    weights,
    activations,
    outsideTorch,
    graphs,
    capturedGraphs,
    kvCache,
    requests,
  };
}

const llama8b = knownModel("meta-llama/Llama-3.1-8B-Instruct");
const llama70b = knownModel("meta-llama/Llama-3.3-70B-Instruct");
const qwen7b = knownModel("Qwen/Qwen2.5-7B-Instruct");

const codeLlama7b = fromHuggingFace({
  model_type: "llama",
  num_hidden_layers: 32,
  hidden_size: 4096,
  intermediate_size: 11_008,
  vocab_size: 32_016,
  num_attention_heads: 32,
  max_position_embeddings: 16_384,
  tie_word_embeddings: false,
});

const mistralSmall24b = fromHuggingFace({
  model_type: "mistral",
  num_hidden_layers: 40,
  hidden_size: 5120,
  intermediate_size: 32_768,
  vocab_size: 131_072,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  head_dim: 128,
  max_position_embeddings: 131_072,
  tie_word_embeddings: false,
  vision_config: {
    hidden_size: 1024,
    num_hidden_layers: 24,
    intermediate_size: 4096,
    patch_size: 14,
    image_size: 1540,
  },
});

const deepseekV2Lite = fromHuggingFace({
  model_type: "deepseek_v2",
  num_hidden_layers: 27,
  hidden_size: 2048,
  intermediate_size: 10_944,
  vocab_size: 102_400,
  num_attention_heads: 16,
  kv_lora_rank: 512,
  qk_rope_head_dim: 64,
  qk_nope_head_dim: 128,
  v_head_dim: 128,
  n_routed_experts: 64,
  num_experts_per_tok: 6,
  n_shared_experts: 2,
  moe_intermediate_size: 1408,
  first_k_dense_replace: 1,
  max_position_embeddings: 163_840,
  tie_word_embeddings: false,
});

/**
 * vLLM 0.19.0 on H100 (79.19 GiB), --gpu-memory-utilization 0.95, --max-model-len 8192, the other settings by default.
 * Source: llm-d-planner pull request 205, accuracy/results/v0.19.0/results_raw.csv (30ec05f).
 */
export const profiles: readonly Profile[] = [
  profile("CodeLlama 7B", codeLlama7b, {}, [12.56, 0.77, 0.25, 0.84, 0.89, 61.66, 15.41]),
  profile("DeepSeek V2 Lite", deepseekV2Lite, {}, [29.43, 1.93, 0.26, 1.39, 1.57, 43.61, 183.78]),
  profile("Gemma 2 2B", knownModel("google/gemma-2-2b-it"), {}, [4.9, 3.62, 0.24, 0.52, 0.71, 66.47, 81.73]),
  profile("Gemma 2 9B", knownModel("google/gemma-2-9b-it"), {}, [17.22, 3.65, 0.25, 0.84, 1.09, 54.12, 20.6]),
  profile(
    "Gemma 2 27B",
    knownModel("google/gemma-2-27b-it"),
    {},
    [50.72, 3.66, 0.26, 1.13, 1.23, 20.59, 7.16],
  ),
  profile("Gemma 3 4B", knownModel("google/gemma-3-4b-it"), {}, [8.58, 3.89, 0.25, 0.7, 0.67, 62.51, 57.05]),
  profile(
    "Gemma 3 12B",
    knownModel("google/gemma-3-12b-it"),
    {},
    [23.31, 3.94, 0.25, 1.02, 0.94, 47.72, 15.88],
  ),
  profile(
    "Gemma 3 27B",
    knownModel("google/gemma-3-27b-it"),
    {},
    [51.45, 3.99, 0.26, 1.05, 1.14, 19.53, 4.46],
  ),
  profile("gpt-oss 20B", knownModel("openai/gpt-oss-20b"), {}, [13.64, 2.87, 0.25, 1.3, 1.84, 58.47, 155.75]),
  profile("Llama 3.1 8B", llama8b, {}, [14.99, 1.89, 0.25, 0.84, 0.91, 58.11, 58.11]),
  profile("Llama 3.1 8B", llama8b, { kvCacheType: "fp8" }, [14.99, 1.89, 0.25, 0.84, 0.91, 58.11, 116.21]),
  profile("Llama 3.1 8B", llama8b, { quantization: "fp8" }, [8.49, 1.89, 0.25, 0.84, 0.87, 64.61, 64.61]),
  profile("Llama 3.1 8B", llama8b, { quantization: "int8" }, [8.49, 1.89, 0.25, 0.84, 0.94, 64.6, 64.6]),
  profile("Llama 3.1 8B", llama8b, { quantization: "gptq" }, [5.38, 1.89, 0.25, 0.84, 0.96, 67.71, 67.71]),
  profile("Llama 3.1 8B", llama8b, { pipelineParallel: 2 }, [7.51, 1.1, 0.07, 0.54, 0.65, 66.54, 131.26]),
  profile("Llama 3.1 8B", llama8b, { pipelineParallel: 4 }, [4.26, 1.05, 0.07, 0.49, 0.51, 69.8, 275.54]),
  profile("Llama 3.1 8B", llama8b, { tensorParallel: 2 }, [7.51, 1.89, 2.07, 1.69, 0.76, 63.76, 127.53]),
  profile("Llama 3.1 8B", llama8b, { tensorParallel: 4 }, [3.77, 1.89, 2.13, 0.57, 0.67, 67.44, 269.75]),
  profile(
    "Llama 3.3 70B",
    llama70b,
    { quantization: "fp8", tensorParallel: 2 },
    [33.88, 1.96, 2.1, 1.82, 1.79, 37.28, 29.82],
  ),
  profile(
    "Llama 3.3 70B",
    llama70b,
    { quantization: "fp8", tensorParallel: 4 },
    [16.96, 1.97, 2.21, 1.7, 1.66, 54.09, 86.55],
  ),
  profile("phi-4", knownModel("microsoft/phi-4"), {}, [27.39, 1.52, 0.25, 0.81, 1.07, 46.08, 29.49]),
  profile("Mistral Small 24B", mistralSmall24b, {}, [44.76, 2.03, 0.25, 0.84, 1.06, 28.19, 22.55]),
  profile(
    "Mistral Small 24B",
    mistralSmall24b,
    { quantization: "int8" },
    [24.07, 2.18, 0.26, 1.04, 1.22, 48.73, 38.98],
  ),
  profile(
    "Mistral Small 24B",
    mistralSmall24b,
    { quantization: "int8", tensorParallel: 2 },
    [12.11, 2.03, 2.07, 1.6, 1.03, 59.02, 94.43],
  ),
  profile(
    "Mixtral 8x7B",
    knownModel("mistralai/Mixtral-8x7B-Instruct-v0.1"),
    { tensorParallel: 2 },
    [43.51, 1.21, 2.07, 0.82, 0.93, 28.44, 56.88],
  ),
  profile("Qwen2.5 7B", qwen7b, {}, [14.25, 2.21, 0.24, 0.61, 0.87, 58.53, 133.79]),
  profile("Qwen2.5 7B", qwen7b, { kvCacheType: "fp8" }, [14.25, 2.21, 0.24, 0.61, 0.86, 58.53, 267.58]),
  profile("Qwen2.5 7B", qwen7b, { quantization: "fp8" }, [8.14, 2.21, 0.24, 0.71, 0.81, 64.64, 147.74]),
  profile("Qwen2.5 7B", qwen7b, { tensorParallel: 2 }, [7.12, 2.21, 2.06, 0.61, 0.71, 63.84, 291.82]),
  profile("Qwen2.5 7B", qwen7b, { tensorParallel: 4 }, [3.55, 2.21, 2.13, 0.69, 0.64, 67.34, 615.63]),
  profile(
    "Qwen2.5 72B",
    knownModel("Qwen/Qwen2.5-72B-Instruct"),
    { tensorParallel: 2 },
    [67.8, 2.29, 2.09, 1.63, 1.61, 3.04, 2.43],
  ),
  profile("Qwen3 8B", knownModel("Qwen/Qwen3-8B"), {}, [15.27, 2.21, 0.25, 0.84, 0.96, 57.5, 51.11]),
  profile(
    "Qwen3 30B A3B",
    knownModel("Qwen/Qwen3-30B-A3B"),
    {},
    [56.88, 2.68, 0.27, 1.24, 1.41, 15.41, 20.54],
  ),
];
