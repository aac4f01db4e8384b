import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gpus } from "../../../catalog/gpus.ts";
import { estimateMemory } from "../../../planning/memory/fit.ts";
import {
  type BlockLayout,
  blocksOf,
  bytesPerTokenAndLayer,
  longestRequest,
} from "../../../planning/memory/kvCache.ts";
import { vllmLayout } from "../../../planning/memory/vllm.ts";
import { knownModel } from "../../catalog/support/knownModel.ts";
import { deployment } from "./support/deployment.ts";

describe("bytes of one token in one layer", () => {
  test.each([
    ["Llama 3.1 8B: 2 * 8 heads * 128 * 2 B", "meta-llama/Llama-3.1-8B-Instruct", "auto", 1, 4096],
    ["Llama 3.1 8B in fp8: half", "meta-llama/Llama-3.1-8B-Instruct", "fp8", 1, 2048],
    ["Llama 3.1 8B on 4 GPUs: a quarter", "meta-llama/Llama-3.1-8B-Instruct", "auto", 4, 1024],
    [
      "Llama 3.1 8B on 16 GPUs: one head is copied, as on 8",
      "meta-llama/Llama-3.1-8B-Instruct",
      "auto",
      16,
      512,
    ],
    ["Phi 3 mini, without sharing: 2 * 32 * 96 * 2 B", "microsoft/Phi-3-mini-4k-instruct", "auto", 1, 12_288],
    ["DeepSeek R1: (512 + 64) * 2 B", "deepseek-ai/DeepSeek-R1", "auto", 1, 1152],
    ["DeepSeek R1 on 8 GPUs: the same on each", "deepseek-ai/DeepSeek-R1", "auto", 8, 1152],
    ["Llama 3 8B in q8_0: 2 * 8 * 128 * 34 / 32 B", "meta-llama/Meta-Llama-3-8B-Instruct", "q8_0", 1, 2176],
  ] as const)("%s", (_, id, type, tensorParallel, bytes) => {
    expect(bytesPerTokenAndLayer(knownModel(id), type, tensorParallel)).toBe(bytes);
  });
});

describe("blocks of vLLM", () => {
  test("a dense model has one group: 16 tokens * 32 layers * 4,096 B = 2 MiB", () => {
    const layout = vllmLayout(deployment("meta-llama/Llama-3.1-8B-Instruct"));
    expect(layout).toEqual({ blockBytes: 2 * 1024 ** 2, fullGroups: 1, windowGroups: 0, windowTokens: 0 });
  });

  test("gpt-oss-20b: 12 layers each way, a window of 128 less 1, and 2 batches of 2,048 in flight", () => {
    const layout = vllmLayout(deployment("openai/gpt-oss-20b"));
    expect(layout).toEqual({
      blockBytes: 16 * 12 * 2048,
      fullGroups: 1,
      windowGroups: 1,
      windowTokens: 127 + 4096,
    });
  });

  test("Gemma 3 27B: 10 layers are whole and 52 are not, so 10 to a group, 1 and 6 of them", () => {
    const { fullGroups, windowGroups, blockBytes } = vllmLayout(deployment("google/gemma-3-27b-it"));
    expect({ fullGroups, windowGroups, blockBytes }).toEqual({
      fullGroups: 1,
      windowGroups: 6,
      blockBytes: 16 * 10 * 2 * 16 * 128 * 2,
    });
  });

  test("kinds that are less than half apart make a group each: 10 whole and 14 windowed are groups of 14", () => {
    const gptOss = knownModel("openai/gpt-oss-20b");
    const { fullGroups, windowGroups, blockBytes } = vllmLayout(
      deployment({ ...gptOss, slidingWindow: { tokens: 128, layers: 14 } }),
    );
    expect({ fullGroups, windowGroups, blockBytes }).toEqual({
      fullGroups: 1,
      windowGroups: 1,
      blockBytes: 16 * 14 * 2048,
    });
  });

  test("a stage keeps its layers only: 16 of 32 on the first of 2", () => {
    const layout = vllmLayout(deployment("meta-llama/Llama-3.1-8B-Instruct", { pipelineParallel: 2 }));
    expect(layout.blockBytes).toBe(1024 ** 2);
  });

  test("a request of 100 tokens takes 7 blocks of 16, and 8 of a window group, which may begin inside one", () => {
    const layout = { blockBytes: 1, fullGroups: 1, windowGroups: 2, windowTokens: 4096 };
    expect(blocksOf(layout, 100)).toBe(7 + 2 * 8);
  });

  test("a request beyond the window grows in whole groups only", () => {
    const layout = { blockBytes: 1, fullGroups: 1, windowGroups: 2, windowTokens: 160 };
    expect(blocksOf(layout, 16_000) - blocksOf(layout, 8_000)).toBe(500);
  });

  const layouts: fc.Arbitrary<BlockLayout> = fc
    .record({
      fullGroups: fc.integer({ min: 0, max: 4 }),
      windowGroups: fc.integer({ min: 0, max: 7 }),
      windowTokens: fc.integer({ min: 1, max: 20_000 }),
    })
    .filter(({ fullGroups, windowGroups }) => fullGroups + windowGroups > 0)
    .map((groups) => ({ ...groups, blockBytes: 1024 }));

  test("the longest request fits, and one block more of tokens doesn't", () => {
    fc.assert(
      fc.property(layouts, fc.integer({ min: 0, max: 1_000_000 }), (layout, blocks) => {
        const longest = longestRequest(layout, blocks);
        if (longest > 0) expect(blocksOf(layout, longest)).toBeLessThanOrEqual(blocks);
        if (longest < Number.MAX_SAFE_INTEGER) expect(blocksOf(layout, longest + 16)).toBeGreaterThan(blocks);
      }),
    );
  });
});

describe("what a cache holds", () => {
  // vLLM logs: GiB of cache and "GPU KV cache size".
  test.each([
    ["vllm issue 21348, 4 x H100", "Qwen/Qwen3-235B-A22B", 4, 8.11, 178_880],
    ["vLLM 0.31.0, A100", "meta-llama/Llama-3.1-8B-Instruct", 1, 56.21, 460_496],
    ["vLLM 0.7, A10, Oracle's AI Quick Actions", "meta-llama/Llama-3.1-8B-Instruct", 1, 4.6, 37_696],
    ["vLLM 0.27.1, L4", "Qwen/Qwen2.5-7B-Instruct", 1, 5.46, 102_288],
    ["vLLM 0.27.1, L4", "Qwen/Qwen2.5-7B-Instruct", 1, 14.41, 269_824],
  ] as const)("%s, %s on %d: %f GiB are %d tokens, within 1.5 %", (_, id, tensorParallel, gibs, tokens) => {
    const { blockBytes } = vllmLayout(deployment(id, { tensorParallel }));
    const held = Math.floor((gibs * 1024 ** 3) / blockBytes) * 16;
    expect(Math.abs(held / tokens - 1)).toBeLessThan(0.015);
  });

  test("Gemma 3 27B keeps 10 of 62 layers of 131,072 tokens: 6.2 * 131,072 / (131,072 + 6 * 17,424) = 3.45 times as many", () => {
    const long = { gpu: gpus.H200, context: 131_072 };
    const windowed = estimateMemory(deployment("google/gemma-3-27b-it", long));
    const gemma = knownModel("google/gemma-3-27b-it");
    const whole = estimateMemory(deployment({ ...gemma, slidingWindow: undefined }, long));
    expect(windowed.kvBytesPerToken * 62).toBe(whole.kvBytesPerToken * 10);
    expect(windowed.kvTokens / whole.kvTokens).toBeCloseTo(3.45, 2);
  });

  test("a model of windows only holds any context that the model was made for", () => {
    const mistral = knownModel("mistralai/Mistral-7B-Instruct-v0.3");
    const windowed = { ...mistral, slidingWindow: { tokens: 4096, layers: mistral.layers } };
    const estimate = estimateMemory(deployment(windowed));
    expect(estimate.kvBytesPerToken).toBe(0);
    expect(estimate.largestContext).toBe(mistral.maxContext);
  });
});
