/** Formats of weights by their usual name. The GGUF types are llama.cpp's, the others are those of safetensors files. */
export const quantizationNames = [
  "bf16",
  "fp8",
  "int8",
  "awq",
  "gptq",
  "mxfp4",
  "f16",
  "q8_0",
  "q6_K",
  "q5_K_M",
  "q4_K_M",
  "q4_K_S",
  "q4_1",
  "q4_0",
  "q3_K_M",
  "q2_K",
] as const;
export type QuantizationName = (typeof quantizationNames)[number];

/** Formats of the KV cache: `auto` is that of the activations, 16 bits wide. */
export const kvCacheTypes = ["auto", "fp8", "q8_0", "q4_0"] as const;
export type KvCacheType = (typeof kvCacheTypes)[number];

/** Programs that serve models, as far as formats go. */
export type LoadingEngine = "vllm" | "tgi" | "ollama";

/** What a plan needs to know of a format of weights. */
export interface Quantization {
  readonly name: QuantizationName;
  readonly file: "safetensors" | "gguf";
  /**
   * Bits per weight, scales and zero points included, averaged over the matrices of a layer. `head` is the output
   * head, also where it is the embedding itself.
   */
  readonly bits: { readonly layers: number; readonly embedding: number; readonly head: number };
  /** Whether only experts are quantized: attention and what else a layer has stays 16 bits wide. */
  readonly expertsOnly: boolean;
  readonly engines: readonly LoadingEngine[];
  /** Least CUDA compute capability with which it loads. */
  readonly minComputeCapability: number;
  /** From here on the GPU multiplies in this format; below, it expands the weights at each use. */
  readonly nativeComputeCapability: number;
  /** Whether an engine runs it on a CPU. */
  readonly cpu: boolean;
  /** Whether vLLM makes it at start from the published weights, which is what is then on disk. */
  readonly online: boolean;
}

/** Scale of 16 and zero point of 4 bits for every 128 weights. */
const groupsOf128 = 4 + (16 + 4) / 128;

const q6K = 6.5625;

const awq = safetensors({ name: "awq", layers: groupsOf128, minComputeCapability: 7.5 });

/**
 * Every format with its size and who can load it.
 *
 * safetensors: embedding and head stay 16 bits wide. AWQ and GPTQ in groups of 128: Qwen3-8B-AWQ has 5.68 GiB in
 * KAITO's model catalog (2026-08) and by these numbers. Compute capabilities from vLLM 0.33.0,
 * model_executor/layers/quantization: auto_awq.py 7.5; Marlin's GPTQ kernels, compressed_tensors_w8a8_int8.py and
 * fp8.py (by Marlin, weights only) 7.5, compressed_tensors_w8a8_fp8.py 8.9; mxfp4.py 8.0. Below 8.0 vLLM takes float16
 * for bfloat16 (platforms/cuda.py). TGI 3.3.7 launcher/src/main.rs, --quantize.
 *
 * GGUF: types of fixed size from gguf 0.19.0, constants.GGML_QUANT_SIZES. llama.cpp keeps the output head in Q6_K, but
 * for Q8_0 and F16, and the embedding in the format's base type (src/llama-quant.cpp). The average of a layer in the
 * mixtures is solved from the whole-file averages of Llama-3.1-8B in llama.cpp tools/quantize/README.md (311c2c9f);
 * that of Q3_K_M, which isn't there, is added up by src/llama-quant.cpp for the same model. Ollama 0.33 runs them on
 * GPUs from 5.0 (docs/gpu.mdx) and on any CPU.
 */
export const quantizations: Readonly<Record<QuantizationName, Quantization>> = {
  bf16: safetensors({ name: "bf16", layers: 16, minComputeCapability: 7.5, nativeComputeCapability: 8.0 }),
  fp8: safetensors({
    name: "fp8",
    layers: 8,
    minComputeCapability: 7.5,
    nativeComputeCapability: 8.9,
    online: true,
  }),
  int8: safetensors({ name: "int8", layers: 8, minComputeCapability: 7.5 }),
  awq,
  gptq: { ...awq, name: "gptq" },
  mxfp4: {
    ...safetensors({ name: "mxfp4", layers: 4.25, minComputeCapability: 8.0, nativeComputeCapability: 10.0 }),
    expertsOnly: true,
    engines: ["vllm", "ollama"],
    cpu: true,
  },
  f16: gguf("f16", 16, 16, 16),
  q8_0: gguf("q8_0", 8.5, 8.5, 8.5),
  q6_K: gguf("q6_K", q6K, q6K, q6K),
  q5_K_M: gguf("q5_K_M", 5.6543, 5.5, q6K),
  q4_K_M: gguf("q4_K_M", 4.7985, 4.5, q6K),
  q4_K_S: gguf("q4_K_S", 4.5371, 4.5, q6K),
  q4_1: gguf("q4_1", 5.0, 5.0, q6K),
  q4_0: gguf("q4_0", 4.5, 4.5, q6K),
  q3_K_M: gguf("q3_K_M", 3.844, 3.4375, q6K),
  q2_K: gguf("q2_K", 2.9434, 2.625, q6K),
};

interface SafetensorsRow {
  readonly name: QuantizationName;
  readonly layers: number;
  readonly minComputeCapability: number;
  /** Default: from where it loads. */
  readonly nativeComputeCapability?: number;
  readonly online?: boolean;
}

function safetensors({ name, layers, minComputeCapability, ...rest }: SafetensorsRow): Quantization {
  return {
    name,
    file: "safetensors",
    bits: { layers, embedding: 16, head: 16 },
    expertsOnly: false,
    engines: ["vllm", "tgi"],
    minComputeCapability,
    nativeComputeCapability: rest.nativeComputeCapability ?? minComputeCapability,
    cpu: false,
    online: rest.online ?? false,
  };
}

function gguf(name: QuantizationName, layers: number, embedding: number, head: number): Quantization {
  return {
    name,
    file: "gguf",
    bits: { layers, embedding, head },
    expertsOnly: false,
    engines: ["ollama"],
    minComputeCapability: 5.0,
    nativeComputeCapability: 5.0,
    cpu: true,
    online: false,
  };
}

/** What a plan needs to know of a format of the KV cache. */
export interface KvCacheFormat {
  readonly bytesPerElement: number;
  readonly engines: readonly LoadingEngine[];
  /** Least CUDA compute capability. */
  readonly minComputeCapability: number;
}

/**
 * - fp8: vLLM 0.33.0 v1/attention/backends: Triton from 8.9, FlashAttention only as 3 on Hopper and 4 on Blackwell; TGI
 *   3.3.7 launcher docs, --kv-cache-dtype.
 * - q8_0, q4_0: Ollama 0.33, OLLAMA_KV_CACHE_TYPE; only with flash attention. Blocks of 32 with a 16-bit scale.
 */
export const kvCacheFormats: Readonly<Record<KvCacheType, KvCacheFormat>> = {
  auto: { bytesPerElement: 2, engines: ["vllm", "tgi", "ollama"], minComputeCapability: 0 },
  fp8: { bytesPerElement: 1, engines: ["vllm", "tgi"], minComputeCapability: 8.9 },
  q8_0: { bytesPerElement: 34 / 32, engines: ["ollama"], minComputeCapability: 7.0 },
  q4_0: { bytesPerElement: 18 / 32, engines: ["ollama"], minComputeCapability: 7.0 },
};
