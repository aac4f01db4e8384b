import { describe, expect, test } from "vitest";
import { deepseekModels } from "../../catalog/models/deepseek.ts";
import { googleModels } from "../../catalog/models/google.ts";
import { metaModels } from "../../catalog/models/meta.ts";
import { microsoftModels } from "../../catalog/models/microsoft.ts";
import { mistralModels } from "../../catalog/models/mistral.ts";
import { artefactId, findModel, models, ollamaTag } from "../../catalog/models/models.ts";
import { otherModels } from "../../catalog/models/others.ts";
import { qwenModels } from "../../catalog/models/qwen.ts";
import { knownModel } from "./support/knownModel.ts";

const gib = 1024 ** 3;

/** Billions of parameters as the model cards give them. */
const published: readonly (readonly [id: string, billions: string])[] = [
  ["meta-llama/Meta-Llama-3-8B-Instruct", "8.03"],
  ["meta-llama/Meta-Llama-3-70B-Instruct", "70.6"],
  ["meta-llama/Llama-3.1-8B-Instruct", "8.03"],
  ["meta-llama/Llama-3.1-70B-Instruct", "70.553706496"],
  ["meta-llama/Llama-3.1-405B-Instruct", "406"],
  ["meta-llama/Llama-3.2-1B-Instruct", "1.23"],
  ["meta-llama/Llama-3.2-3B-Instruct", "3.21"],
  ["meta-llama/Llama-3.3-70B-Instruct", "70.553706496"],
  ["Qwen/Qwen2.5-0.5B-Instruct", "0.49"],
  ["Qwen/Qwen2.5-1.5B-Instruct", "1.54"],
  ["Qwen/Qwen2.5-3B-Instruct", "3.09"],
  ["Qwen/Qwen2.5-7B-Instruct", "7.61"],
  ["Qwen/Qwen2.5-14B-Instruct", "14.7"],
  ["Qwen/Qwen2.5-32B-Instruct", "32.5"],
  ["Qwen/Qwen2.5-72B-Instruct", "72.7"],
  ["Qwen/Qwen3-0.6B", "0.6"],
  ["Qwen/Qwen3-1.7B", "1.7"],
  ["Qwen/Qwen3-4B", "4.0"],
  ["Qwen/Qwen3-8B", "8.2"],
  ["Qwen/Qwen3-14B", "14.8"],
  ["Qwen/Qwen3-32B", "32.8"],
  ["Qwen/Qwen3-30B-A3B", "30.5"],
  ["Qwen/Qwen3-235B-A22B", "235"],
  ["Qwen/Qwen3-Embedding-0.6B", "0.595776512"],
  ["Qwen/Qwen3-Embedding-4B", "4.021774336"],
  ["Qwen/Qwen3-Embedding-8B", "7.567295488"],
  ["mistralai/Mistral-7B-Instruct-v0.3", "7.25"],
  ["mistralai/Mixtral-8x7B-Instruct-v0.1", "46.7"],
  ["mistralai/Mixtral-8x22B-Instruct-v0.1", "141"],
  ["google/gemma-2-2b-it", "2.61"],
  ["google/gemma-2-9b-it", "9.24"],
  ["google/gemma-2-27b-it", "27.2"],
  ["google/gemma-3-1b-it", "1.00"],
  ["google/gemma-3-4b-it", "4.30"],
  ["google/gemma-3-12b-it", "12.2"],
  ["google/gemma-3-27b-it", "27.4"],
  ["microsoft/Phi-3-mini-4k-instruct", "3.82"],
  ["microsoft/Phi-3.5-mini-instruct", "3.82"],
  ["microsoft/Phi-3-medium-128k-instruct", "14.0"],
  ["microsoft/phi-4", "14.7"],
  ["microsoft/Phi-4-mini-instruct", "3.84"],
  ["deepseek-ai/DeepSeek-R1-Distill-Llama-8B", "8.03"],
  ["deepseek-ai/DeepSeek-R1-Distill-Llama-70B", "70.6"],
  ["deepseek-ai/DeepSeek-R1-Distill-Qwen-14B", "14.8"],
  ["deepseek-ai/DeepSeek-R1-Distill-Qwen-32B", "32.8"],
  ["deepseek-ai/DeepSeek-R1", "671"],
  ["deepseek-ai/DeepSeek-R1-0528", "671"],
  ["deepseek-ai/DeepSeek-V3", "671"],
  ["deepseek-ai/DeepSeek-V3-0324", "671"],
  ["openai/gpt-oss-20b", "20.9"],
  ["openai/gpt-oss-120b", "117"],
  ["TinyLlama/TinyLlama-1.1B-Chat-v1.0", "1.10"],
];

describe("parameters counted from shapes", () => {
  test("every model of the catalog has a published count to be held against", () => {
    expect([...models.keys()].sort()).toEqual(published.map(([id]) => id).sort());
  });

  test.each(published)("%s has %s billion, within 1 % or the rounding of the card", (id, billions) => {
    const decimals = billions.split(".")[1]?.length ?? 0;
    const rounding = 0.5 / 10 ** decimals;
    const allowed = Math.max(0.01 * Number(billions), rounding);
    expect(Math.abs(knownModel(id).parameters / 1e9 - Number(billions))).toBeLessThanOrEqual(allowed);
  });

  // KAITO, presets/workspace/models/model_catalog.yaml (2026-08): GiB of the bf16 files.
  test.each([
    ["meta-llama/Llama-3.1-8B-Instruct", 14.96],
    ["meta-llama/Llama-3.3-70B-Instruct", 131.42],
    ["microsoft/phi-4", 27.31],
    ["microsoft/Phi-4-mini-instruct", 7.15],
    ["microsoft/Phi-3-mini-4k-instruct", 7.12],
    ["microsoft/Phi-3-medium-128k-instruct", 26.0],
    ["mistralai/Mistral-7B-Instruct-v0.3", 13.5],
    ["deepseek-ai/DeepSeek-R1-Distill-Qwen-14B", 27.51],
    ["google/gemma-3-4b-it", 8.01],
    ["google/gemma-3-27b-it", 51.1],
  ])("%s at 2 bytes each is as large as its files, %f GiB, within 0.2 %", (id, size) => {
    expect((knownModel(id).parameters * 2) / gib / size).toBeCloseTo(1, 2.5);
  });

  // Qwen's cards also give the count without embeddings.
  test.each([
    ["Qwen/Qwen2.5-0.5B-Instruct", 0.36],
    ["Qwen/Qwen2.5-7B-Instruct", 6.53],
    ["Qwen/Qwen2.5-14B-Instruct", 13.1],
    ["Qwen/Qwen2.5-72B-Instruct", 70.0],
    ["Qwen/Qwen3-8B", 6.95],
    ["Qwen/Qwen3-30B-A3B", 29.9],
  ])("%s has %f billion without embeddings", (id, billions) => {
    const { parameters, embeddingParameters } = knownModel(id);
    expect(((parameters - embeddingParameters) / 1e9 / billions - 1) * 100).toBeLessThan(1.5);
    expect(((parameters - embeddingParameters) / 1e9 / billions - 1) * 100).toBeGreaterThan(-1.5);
  });

  test.each([
    ["openai/gpt-oss-20b", 3.61],
    ["openai/gpt-oss-120b", 5.13],
    ["deepseek-ai/DeepSeek-R1", 37],
    ["mistralai/Mixtral-8x22B-Instruct-v0.1", 39],
    ["mistralai/Mixtral-8x7B-Instruct-v0.1", 12.9],
  ])("%s multiplies a token with %f billion", (id, billions) => {
    expect(Math.abs(knownModel(id).activeParameters / 1e9 / billions - 1)).toBeLessThan(0.015);
  });

  test("a dense model with tied embeddings multiplies a token with everything it has", () => {
    const { parameters, activeParameters } = knownModel("Qwen/Qwen3-4B");
    expect(activeParameters).toBe(parameters);
  });

  test("the layer for multi-token prediction of DeepSeek V3 makes 685 of 671 billion", () => {
    const { parameters, draftParameters } = knownModel("deepseek-ai/DeepSeek-V3");
    expect((parameters + draftParameters) / 1e9).toBeCloseTo(684.5, 0);
  });
});

describe("the table", () => {
  test("no model stands there twice", () => {
    const rows = [
      ...metaModels,
      ...qwenModels,
      ...mistralModels,
      ...googleModels,
      ...microsoftModels,
      ...deepseekModels,
      ...otherModels,
    ];
    expect(models.size).toBe(rows.length);
  });

  test.each([...models.values()])("$id has heads, windows and experts that go together", (model) => {
    const { attention, slidingWindow, layers, experts, maxContext } = model;
    if (attention.kind === "gqa") expect(attention.heads % attention.kvHeads).toBe(0);
    expect(slidingWindow?.layers ?? 0).toBeLessThanOrEqual(layers);
    expect(slidingWindow?.tokens ?? 0).toBeLessThan(maxContext);
    expect(experts?.active ?? 0).toBeLessThanOrEqual(experts?.count ?? 0);
    expect(model.parameters).toBeGreaterThan(model.embeddingParameters + model.expertParameters);
  });

  test.each([
    ["google/gemma-2-9b-it: every other layer", "google/gemma-2-9b-it", { tokens: 4096, layers: 21 }],
    ["google/gemma-3-1b-it: all but every sixth", "google/gemma-3-1b-it", { tokens: 512, layers: 22 }],
    ["google/gemma-3-27b-it: all but every sixth", "google/gemma-3-27b-it", { tokens: 1024, layers: 52 }],
    ["openai/gpt-oss-20b: half", "openai/gpt-oss-20b", { tokens: 128, layers: 12 }],
    ["meta-llama/Llama-3.1-8B-Instruct: none", "meta-llama/Llama-3.1-8B-Instruct", undefined],
  ])("layers with a window of %s", (_, id, window) => {
    expect(knownModel(id).slidingWindow).toEqual(window);
  });

  test("an id is looked for as it is written", () => {
    expect(findModel("Qwen/Qwen3-8B")?.id).toBe("Qwen/Qwen3-8B");
    expect(findModel("qwen/qwen3-8b")).toBeUndefined();
    expect(findModel("nobody/nothing")).toBeUndefined();
  });

  test("small and distilled models are marked as such, others not", () => {
    expect(knownModel("TinyLlama/TinyLlama-1.1B-Chat-v1.0").distilled).toBe(true);
    expect(knownModel("deepseek-ai/DeepSeek-R1-Distill-Llama-70B").distilled).toBe(true);
    expect(knownModel("meta-llama/Llama-3.2-3B-Instruct").distilled).toBe(false);
  });
});

describe("files of a model in a format", () => {
  test.each([
    ["its own", "meta-llama/Llama-3.1-8B-Instruct", "bf16", "meta-llama/Llama-3.1-8B-Instruct"],
    ["made at start from its own", "microsoft/phi-4", "fp8", "microsoft/phi-4"],
    ["published as such", "deepseek-ai/DeepSeek-R1", "fp8", "deepseek-ai/DeepSeek-R1"],
    ["a ready-made copy", "Qwen/Qwen3-8B", "awq", "Qwen/Qwen3-8B-AWQ"],
    ["a ready-made copy rather than made", "Qwen/Qwen3-8B", "fp8", "Qwen/Qwen3-8B-FP8"],
    ["none that is known", "microsoft/phi-4", "awq", undefined],
  ] as const)("%s", (_, id, quantization, artefact) => {
    expect(artefactId(knownModel(id), quantization)).toBe(artefact);
  });

  test.each([
    ["meta-llama/Meta-Llama-3-70B-Instruct", "q4_1", "llama3:70b-instruct-q4_1"],
    ["Qwen/Qwen3-0.6B", "q8_0", "qwen3:0.6b-q8_0"],
    ["openai/gpt-oss-20b", "mxfp4", "gpt-oss:20b"],
    ["deepseek-ai/DeepSeek-V3-0324", "q4_K_M", undefined],
  ] as const)("%s in %s is %s in Ollama's library", (id, quantization, tag) => {
    expect(ollamaTag(knownModel(id), quantization)).toBe(tag);
  });
});
