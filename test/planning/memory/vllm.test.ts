import { describe, expect, test } from "vitest";
import { gpus } from "../../../catalog/gpus.ts";
import { estimateMemory } from "../../../planning/memory/fit.ts";
import { batchLimits } from "../../../planning/memory/vllm.ts";
import { deployment } from "./support/deployment.ts";

const llama8b = "meta-llama/Llama-3.1-8B-Instruct";
const llama70b = "meta-llama/Llama-3.3-70B-Instruct";

describe("vLLM's accounting", () => {
  test("Llama 3.1 8B AWQ on an L4 at 0.85: 19,174 - 5,462 - 534 - 1,024 - 384 = 11,770 MiB for 94,144 tokens", () => {
    const estimate = estimateMemory(
      deployment(llama8b, { quantization: "awq", gpuMemoryUtilization: 0.85, concurrency: 8 }),
    );
    const { weights, activations, graphs, runtime, budget, kvCache } = estimate.shares;
    expect([budget, weights, activations, graphs, runtime].map(Math.round)).toEqual([
      19_174, 5462, 534, 1024, 384,
    ]);
    expect(Math.round(kvCache)).toBe(11_770);
    expect(estimate).toMatchObject({ kvTokens: 94_144, concurrency: 11, problem: undefined });
  });

  test("2 MiB per block of 16 tokens: 11,770 MiB are 5,884 blocks, 94,144 tokens", () => {
    const { shares, kvTokens } = estimateMemory(
      deployment(llama8b, { quantization: "awq", gpuMemoryUtilization: 0.85 }),
    );
    expect(kvTokens).toBe(Math.floor(shares.kvCache / 2) * 16);
  });

  test("Llama 3.3 70B in fp8 on 2 L40S leaves 2.3 GiB each, 160 KiB per token: no 16,384 tokens", () => {
    const small = estimateMemory(
      deployment(llama70b, { quantization: "fp8", gpu: gpus.L40S, tensorParallel: 2 }),
    );
    expect(small.shares.kvCache / 1024).toBeCloseTo(2.3, 1);
    expect(small.kvBytesPerToken).toBe(160 * 1024);
    expect(small.problem).toBeUndefined();
    const large = estimateMemory(
      deployment(llama70b, { quantization: "fp8", gpu: gpus.L40S, tensorParallel: 2, context: 16_384 }),
    );
    expect(large.problem).toBe(
      "needs 40.1 GiB of 39.9 GiB on each L40S: weights 33.8 GiB, activations 0.6 GiB, graphs and runtime 3.2 GiB, " +
        "KV cache for a context of 16384 tokens 2.5 GiB; a context of 15104 tokens would fit",
    );
    expect(large.shortfallMiB).toBe(199);
  });

  test("on 4 L40S it leaves 8.3 times as much of half as many bytes: 252,000 tokens", () => {
    const estimate = estimateMemory(
      deployment(llama70b, { quantization: "fp8", gpu: gpus.L40S, tensorParallel: 4 }),
    );
    expect(estimate.kvTokens).toBeGreaterThan(250_000);
    expect(estimate.kvTokens).toBeLessThan(254_000);
    expect(estimate.kvBytesPerToken).toBe(80 * 1024);
  });

  test("on one A100-80 67.7 of 71.2 GiB are weights: 2.5 GiB for 8,192 tokens are not there", () => {
    const estimate = estimateMemory(deployment(llama70b, { quantization: "fp8", gpu: gpus["A100-80"] }));
    expect(estimate.problem).toMatch(/^needs 73\.4 GiB of 71\.2 GiB on the A100-80: weights 67\.7 GiB/);
    expect(estimate.largestContext).toBe(960);
    expect(estimate.concurrency).toBe(0);
  });

  test("Mixtral 8x7B in bf16 needs 2 A100-80: 87 GiB of weights", () => {
    const mixtral = "mistralai/Mixtral-8x7B-Instruct-v0.1";
    const alone = estimateMemory(deployment(mixtral, { gpu: gpus["A100-80"] }));
    expect(alone.problem).toMatch(/weights 87\.0 GiB/);
    expect(alone.largestContext).toBe(0);
    expect(alone.problem).not.toMatch(/would fit/);
    const both = estimateMemory(deployment(mixtral, { gpu: gpus["A100-80"], tensorParallel: 2 }));
    expect(both.problem).toBeUndefined();
    expect(both.kvBytesPerToken).toBe((32 * 4096) / 2);
  });

  test("DeepSeek R1 on 8 H200: 79.3 GiB of weights each, 61 * 1,152 = 70,272 B per token on every one", () => {
    const estimate = estimateMemory(
      deployment("deepseek-ai/DeepSeek-R1", { gpu: gpus.H200, tensorParallel: 8, context: 32_768 }),
    );
    expect(estimate.kvBytesPerToken).toBe(70_272);
    expect(estimate.shares.weights / 1024).toBeCloseTo(79.3, 1);
    expect(estimate.kvTokens).toBeGreaterThan(550_000);
    expect(estimate.kvTokens).toBeLessThan(620_000);
    expect(estimate.problem).toBeUndefined();
  });

  test("DeepSeek R1 on 8 H100: its weights alone, 79.3 GiB, are more than 0.9 of 79.1 GiB", () => {
    const estimate = estimateMemory(
      deployment("deepseek-ai/DeepSeek-R1", { gpu: gpus.H100, tensorParallel: 8, context: 32_768 }),
    );
    expect(estimate.shares.kvCache).toBeLessThan(0);
    expect(estimate.kvTokens).toBe(0);
    expect(estimate.problem).toMatch(/^needs 90\.1 GiB of 71\.2 GiB on each H100: weights 79\.3 GiB/);
  });

  test("gpt-oss-20b in mxfp4 holds a whole context of 131,072 on one L4: 12 layers * 2,048 B = 24 KiB per token", () => {
    const estimate = estimateMemory(deployment("openai/gpt-oss-20b", { context: 131_072 }));
    expect(estimate.problem).toBeUndefined();
    expect(estimate.kvBytesPerToken).toBe(24 * 1024);
    expect(estimate.concurrency).toBe(1);
  });

  test("more requests than the cache holds are a shortfall: 11 * 8,192 tokens fit on that L4, 12 don't", () => {
    const requests = (concurrency: number) =>
      estimateMemory(deployment(llama8b, { quantization: "awq", gpuMemoryUtilization: 0.85, concurrency }));
    expect(requests(11).problem).toBeUndefined();
    expect(requests(12).problem).toMatch(/KV cache for 12 requests of 8192 tokens 12\.0 GiB; 11 would fit$/);
    expect(requests(12).shortfallMiB).toBe(12 * 1024 - 11_769);
  });

  test("at 0.98 of an L4 it wouldn't start: CUDA leaves 21.4 of the 21.6 GiB that it asks for", () => {
    const estimate = estimateMemory(deployment(llama8b, { quantization: "awq", gpuMemoryUtilization: 0.98 }));
    expect(estimate.problem).toBe(
      "vllm asks for 21.6 GiB, 0.98 of 22.0 GiB on the L4, where CUDA and NCCL leave 21.4 GiB: lower gpuMemoryUtilization",
    );
    expect(estimate).toMatchObject({ shortfallMiB: 163, concurrency: 0, kvTokens: 0, largestContext: 0 });
  });

  // Each of several H100 has 1.5 to 2.1 GiB less when vLLM begins, by NCCL and FlashInfer.
  test("0.98 of an H100 is free for one server on it, but not for one on two", () => {
    const start = (tensorParallel: number) =>
      estimateMemory(deployment(llama8b, { gpu: gpus.H100, tensorParallel, gpuMemoryUtilization: 0.98 }));
    expect(start(1).problem).toBeUndefined();
    expect(start(2).problem).toMatch(/lower gpuMemoryUtilization$/);
  });

  test("KV cache in fp8 holds twice as many tokens", () => {
    const tokens = (kvCacheType: "auto" | "fp8") =>
      estimateMemory(deployment(llama8b, { quantization: "awq", kvCacheType })).kvTokens;
    expect(tokens("fp8") / tokens("auto")).toBeCloseTo(2, 3);
  });

  test("2 stages hold twice as many tokens as one GPU, and what the weights no longer take", () => {
    const stages = (pipelineParallel: number) =>
      estimateMemory(deployment(llama8b, { gpu: gpus.L40S, pipelineParallel }));
    expect(stages(2).kvBytesPerToken * 2).toBe(stages(1).kvBytesPerToken);
    expect(stages(2).kvTokens).toBeGreaterThan(2 * stages(1).kvTokens);
  });
});

describe("batches by vLLM's defaults", () => {
  test.each([
    ["L4", 2048, 256],
    ["A100-80", 2048, 256],
    ["H100", 8192, 1024],
    ["RTX-PRO-6000", 8192, 1024],
    ["H200", 8192, 1024],
    ["B200", 16_384, 1024],
  ] as const)("%s: %d tokens, %d sequences", (name, tokens, sequences) => {
    expect(batchLimits({ gpu: gpus[name], concurrency: 1 })).toEqual({ tokens, sequences });
  });

  test("a deployment that is to hold 300 requests on an L4 computes 300 at once", () => {
    expect(batchLimits({ gpu: gpus.L4, concurrency: 300 })).toEqual({ tokens: 2048, sequences: 300 });
  });

  test("no more requests at once than that, however small they are", () => {
    const estimate = estimateMemory(
      deployment("Qwen/Qwen2.5-0.5B-Instruct", { gpu: gpus["A100-80"], tokensPerRequest: 16 }),
    );
    expect(estimate.concurrency).toBe(256);
  });
});

describe("memory of the host", () => {
  test("4 GiB for the server and 3 GiB for each GPU's worker", () => {
    const gib = (tensorParallel: number) =>
      estimateMemory(deployment(llama70b, { quantization: "fp8", gpu: gpus.H100, tensorParallel }))
        .hostMemoryMiB / 1024;
    expect(gib(1)).toBe(7);
    expect(gib(8)).toBe(28);
  });
});
