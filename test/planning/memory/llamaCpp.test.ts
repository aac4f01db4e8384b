import { describe, expect, test } from "vitest";
import { gpus } from "../../../catalog/gpus.ts";
import type { Deployment } from "../../../planning/memory/estimate.ts";
import { estimateMemory } from "../../../planning/memory/fit.ts";
import { deployment } from "./support/deployment.ts";

function byOllama(id: string, how: Partial<Deployment>) {
  return estimateMemory(deployment(id, { engine: "ollama", quantization: "q4_K_M", ...how }));
}

const llama8b = "meta-llama/Llama-3.1-8B-Instruct";
const llama70b = "meta-llama/Llama-3.1-70B-Instruct";

describe("Ollama on a GPU", () => {
  // llama.cpp logs for this file: 4,403.49 MiB of model buffer, and a compute buffer of 258.50 MiB.
  test("Llama 3.1 8B in q4_K_M on an L4: 22,558 - 1,024 - 4,403 - 258.5 - 512 = 16,360 MiB, 15 slots of 1 GiB", () => {
    const { shares, concurrency, problem } = byOllama(llama8b, { concurrency: 4 });
    expect(shares.budget).toBe(22_558 - 1024);
    expect(shares.weights).toBeCloseTo(4403.49, 0);
    expect(shares.activations).toBe(258.5);
    expect(Math.round(shares.kvCache)).toBe(16_360);
    expect(concurrency).toBe(15);
    expect(problem).toBeUndefined();
  });

  test("Llama 3 70B in q4_1 on an L40S: 40.6 + 0.3 + 0.5 + 2.5 GiB for 8,192 tokens is 0.6 too much", () => {
    const how = { quantization: "q4_1", gpu: gpus.L40S } as const;
    const estimate = byOllama("meta-llama/Meta-Llama-3-70B-Instruct", how);
    expect(estimate.problem).toBe(
      "needs 43.9 GiB of 43.3 GiB on the L40S: weights 40.6 GiB, activations 0.3 GiB, runtime 0.5 GiB, " +
        "KV cache for 1 x 8192 tokens 2.5 GiB; a context of 6144 tokens would fit",
    );
    expect(estimate.shortfallMiB).toBe(612);
    expect(
      byOllama("meta-llama/Meta-Llama-3-70B-Instruct", { ...how, context: 6144 }).problem,
    ).toBeUndefined();
  });

  test("with a KV cache in q8_0 it fits: 8,192 tokens * 170 KiB = 1.3 GiB", () => {
    const estimate = byOllama("meta-llama/Meta-Llama-3-70B-Instruct", {
      quantization: "q4_1",
      gpu: gpus.L40S,
      kvCacheType: "q8_0",
    });
    expect(estimate.problem).toBeUndefined();
    expect(estimate.kvBytesPerToken).toBe(170 * 1024);
  });

  test("32,768 tokens take 10 GiB and are 8.1 too many", () => {
    const estimate = byOllama(llama70b, { quantization: "q4_1", gpu: gpus.L40S, context: 32_768 });
    expect(estimate.problem).toMatch(
      /KV cache for 1 x 32768 tokens 10\.0 GiB; a context of 6144 tokens would fit$/,
    );
    expect(estimate.shortfallMiB / 1024).toBeCloseTo(8.1, 1);
  });

  test("every slot has its context from the start: 4 of 8,192 tokens are as much as 1 of 32,768", () => {
    const four = byOllama(llama70b, { quantization: "q4_1", gpu: gpus.L40S, concurrency: 4 });
    const one = byOllama(llama70b, { quantization: "q4_1", gpu: gpus.L40S, context: 32_768 });
    expect(four.shortfallMiB).toBe(one.shortfallMiB);
  });

  test("on 2 GPUs each has half of the layers, and of their cache", () => {
    const one = byOllama(llama8b, {});
    const two = byOllama(llama8b, { tensorParallel: 2 });
    expect(two.kvBytesPerToken).toBe(one.kvBytesPerToken / 2);
    expect(two.shares.weights).toBeLessThan(one.shares.weights * 0.6);
    expect(byOllama(llama8b, { pipelineParallel: 2 })).toEqual(two);
  });

  test("the embedding stays with the host: 128,256 * 4,096 * 4.5 bits = 282 MiB there", () => {
    expect(byOllama(llama8b, {}).hostMemoryMiB).toBe(512 + 1024 + 282);
  });

  // ollama issue 16480: 2 slots of 131,072 tokens took 9,216 MiB in whole layers.
  test("gpt-oss-120b keeps 18 of 36 layers whole: 2 * 131,072 tokens * 18 * 2,048 B = 9,216 MiB", () => {
    const how = { quantization: "mxfp4", gpu: gpus.H100, concurrency: 2, context: 131_072 } as const;
    const { kvBytesPerToken } = byOllama("openai/gpt-oss-120b", how);
    expect((kvBytesPerToken * 2 * 131_072) / 1024 ** 2).toBe(9216);
  });

  test("Gemma 3 27B on an L4: a vision tower brings 1 GiB beside its 0.8 GiB, and windows keep 29,184 tokens possible", () => {
    const estimate = byOllama("google/gemma-3-27b-it", {});
    expect(estimate.problem).toBeUndefined();
    expect(estimate.largestContext).toBe(29_184);
  });

  test("gpuMemoryUtilization means nothing to it", () => {
    expect(byOllama(llama8b, { gpuMemoryUtilization: 0.5 })).toEqual(
      byOllama(llama8b, { gpuMemoryUtilization: 0.99 }),
    );
  });
});

describe("Ollama on the CPU", () => {
  const tiny = "TinyLlama/TinyLlama-1.1B-Chat-v1.0";

  test("TinyLlama in q4_K_M with 4 slots of 2,048 tokens: 641 + 133 + 176 and 512 MiB", () => {
    const estimate = byOllama(tiny, { gpu: undefined, context: 2048, concurrency: 4 });
    const { weights, activations, kvCache } = estimate.shares;
    expect([weights, activations, kvCache]).toEqual([641, 133, 176]);
    expect(estimate.hostMemoryMiB).toBe(641 + 133 + 176 + 512);
    expect(estimate).toMatchObject({ problem: undefined, concurrency: 4, largestContext: 2048 });
  });

  test("slots are 22 layers * 2 * 4 heads * 64 * 2 B = 22 KiB per token", () => {
    expect(byOllama(tiny, { gpu: undefined, context: 2048 }).kvBytesPerToken).toBe(22 * 1024);
  });

  test("a latent cache keeps its values once more: (2 * 512 + 64) * 2 B * 61 layers", () => {
    const r1 = byOllama("deepseek-ai/DeepSeek-R1", { gpu: undefined });
    expect(r1.kvBytesPerToken).toBe((2 * 512 + 64) * 2 * 61);
  });

  test("batches grow with the cache: 512 tokens up to 4,096, 1,024 up to 32,768, then 2,048", () => {
    const logits = (context: number) => byOllama(llama8b, { gpu: undefined, context }).shares.activations;
    expect([4096, 4352, 32_768, 33_024].map(logits)).toEqual([258.5, 517, 517, 1034]);
  });
});
