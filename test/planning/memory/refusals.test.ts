import { describe, expect, test } from "vitest";
import { gpus } from "../../../catalog/gpus.ts";
import type { Deployment } from "../../../planning/memory/estimate.ts";
import { estimateMemory } from "../../../planning/memory/fit.ts";
import { deployment } from "./support/deployment.ts";

const llama8b = "meta-llama/Llama-3.1-8B-Instruct";
const qwen7b = "Qwen/Qwen2.5-7B-Instruct";

const cases: readonly (readonly [what: string, id: string, how: Partial<Deployment>, reason: string])[] = [
  [
    "Qwen2.5 7B has 28 heads",
    qwen7b,
    { tensorParallel: 8 },
    "28 attention heads can't be split over 8 GPUs: 1, 2, 4 would do",
  ],
  ["vLLM and GGUF", llama8b, { quantization: "q4_K_M" }, "vllm can't load q4_K_M, only ollama can"],
  [
    "Ollama and AWQ",
    llama8b,
    { engine: "ollama", quantization: "awq" },
    "ollama can't load awq, only vllm and tgi can",
  ],
  [
    "Ollama and fp8 in the cache",
    llama8b,
    { engine: "ollama", quantization: "q8_0", kvCacheType: "fp8" },
    "ollama has no KV cache in fp8, only vllm and tgi have",
  ],
  ["MXFP4 of a dense model", llama8b, { quantization: "mxfp4" }, "mxfp4 is for mixtures of experts"],
  [
    "gpt-oss is published in MXFP4",
    "openai/gpt-oss-20b",
    { quantization: "fp8" },
    "fp8 can't be made of mxfp4, the format that the model is published in",
  ],
  [
    "gpt-oss as bf16",
    "openai/gpt-oss-20b",
    { quantization: "bf16" },
    "bf16 can't be made of mxfp4, the format that the model is published in",
  ],
  ["vLLM without a GPU", llama8b, { gpu: undefined }, "vllm needs a GPU for bf16"],
  ["MXFP4 on a T4", "openai/gpt-oss-20b", { gpu: gpus.T4 }, "mxfp4 needs compute capability 8.0, T4 has 7.5"],
  [
    "fp8 in the cache on an A100",
    llama8b,
    { gpu: gpus["A100-80"], kvCacheType: "fp8" },
    "a KV cache in fp8 needs compute capability 8.9, A100-80 has 8.0",
  ],
  [
    "a longer context than the model's",
    "meta-llama/Meta-Llama-3-8B-Instruct",
    { context: 16_384 },
    "a context of 16384 is more than the 8192 tokens that the model was made for",
  ],
  ["more stages than layers", llama8b, { pipelineParallel: 33 }, "32 layers can't be spread over 33 stages"],
  [
    "TGI in stages",
    llama8b,
    { engine: "tgi", gpu: gpus.L40S, pipelineParallel: 2 },
    "tgi can't spread layers over stages: use tensor parallelism",
  ],
  [
    "Ollama on more GPUs than layers",
    llama8b,
    { engine: "ollama", quantization: "q8_0", tensorParallel: 8, pipelineParallel: 8 },
    "32 layers can't be spread over 64 stages",
  ],
];

describe("no amount of memory helps", () => {
  test.each(cases)("%s", (_, id, how, reason) => {
    expect(estimateMemory(deployment(id, how)).problem).toBe(reason);
  });

  test("then nothing fits, all of the weights are missing, and their size is still told", () => {
    const estimate = estimateMemory(deployment(qwen7b, { tensorParallel: 8 }));
    expect(estimate).toMatchObject({ kvTokens: 0, concurrency: 0, largestContext: 0, hostMemoryMiB: 0 });
    expect(estimate.diskMiB).toBe(14_525);
    expect(estimate.shortfallMiB).toBe(14_525);
    expect(estimate.shares.capacity).toBe(22_558);
  });
});

describe("not refused", () => {
  test.each([
    [
      "Ollama on 3 GPUs, which no head count divides",
      llama8b,
      { engine: "ollama", quantization: "q8_0", tensorParallel: 3 },
    ],
    [
      "more GPUs than key heads, which are copied",
      "meta-llama/Llama-3.1-405B-Instruct",
      { gpu: gpus.H200, tensorParallel: 16 },
    ],
    ["fp8 weights on an A100, which expands them", llama8b, { gpu: gpus["A100-80"], quantization: "fp8" }],
    ["gpt-oss by Ollama", "openai/gpt-oss-20b", { engine: "ollama" }],
    ["gpt-oss by Ollama on the CPU", "openai/gpt-oss-20b", { engine: "ollama", gpu: undefined }],
    ["the longest context of the model", "meta-llama/Meta-Llama-3-8B-Instruct", { context: 8192 }],
    [
      "GGUF of a model that was published in fp8",
      "deepseek-ai/DeepSeek-R1",
      { engine: "ollama", quantization: "q4_K_M", gpu: gpus.H200, tensorParallel: 8 },
    ],
  ] as const)("%s", (_, id, how) => {
    expect(estimateMemory(deployment(id, how)).problem).toBeUndefined();
  });
});
