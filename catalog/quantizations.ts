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
