import { describe, expect, test } from "vitest";
import { gpus } from "../../../catalog/gpus.ts";
import { estimateMemory } from "../../../planning/memory/fit.ts";
import { deployment } from "./support/deployment.ts";

const llama8b = "meta-llama/Llama-3.1-8B-Instruct";

describe("TGI's accounting", () => {
  test("Llama 3.1 8B AWQ on an L4 at 0.9: 22,558 * 0.9 * 0.9 - 5,462 - 592 - 640 = 11,578 MiB for 92,608 tokens", () => {
    const { shares, kvTokens, problem } = estimateMemory(
      deployment(llama8b, { engine: "tgi", quantization: "awq" }),
    );
    expect(shares.budget).toBeCloseTo(22_558 * 0.9 * 0.9, 0);
    expect(Math.round(shares.kvCache)).toBe(11_578);
    expect(kvTokens).toBe(92_608);
    expect(problem).toBeUndefined();
  });

  test("a tenth of the memory stays free for graphs, so it has none in its accounting", () => {
    const { shares } = estimateMemory(deployment(llama8b, { engine: "tgi", gpu: gpus.H100 }));
    expect(shares.graphs).toBe(0);
    expect(shares.budget / shares.capacity).toBeCloseTo(0.81, 6);
  });

  test("it keeps every token of every layer: windows save nothing", () => {
    const gemma = "google/gemma-2-9b-it";
    const byTgi = estimateMemory(deployment(gemma, { engine: "tgi", gpu: gpus.L40S }));
    const byVllm = estimateMemory(deployment(gemma, { gpu: gpus.L40S }));
    expect(byTgi.kvBytesPerToken).toBe(2 * byVllm.kvBytesPerToken);
  });

  test("latent attention keeps keys and values of all heads: 2 * 128 * 192 * 2 B * 61 layers over 8 GPUs", () => {
    const estimate = estimateMemory(
      deployment("deepseek-ai/DeepSeek-V3", { engine: "tgi", gpu: gpus.H200, tensorParallel: 8 }),
    );
    expect(estimate.kvBytesPerToken).toBe((2 * 128 * 192 * 2 * 61) / 8);
  });

  test("several GPUs need buffers to talk: 512 MiB on each", () => {
    const runtime = (tensorParallel: number) =>
      estimateMemory(deployment(llama8b, { engine: "tgi", gpu: gpus.L40S, tensorParallel })).shares.runtime;
    expect(runtime(2) - runtime(1)).toBe(512);
  });

  test("it takes 128 requests at once by default", () => {
    const many = { engine: "tgi", gpu: gpus.H100, tokensPerRequest: 16 } as const;
    expect(estimateMemory(deployment(llama8b, many)).concurrency).toBe(128);
    expect(estimateMemory(deployment(llama8b, { ...many, concurrency: 200 })).concurrency).toBe(200);
  });
});
