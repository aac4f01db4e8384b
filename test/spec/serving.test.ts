import { describe, expect, test } from "vitest";
import type { ModelEntry } from "../../spec/platform.ts";
import { saidOf, soundDev } from "../support/faults.ts";

const faultsOf = (model: ModelEntry) =>
  saidOf({ ...soundDev, models: { chat: { model: "Qwen/Qwen3-8B", ...model } } }, "test");

const embedder = { model: "Qwen/Qwen3-Embedding-4B" };
const digest = "0".repeat(64);
const revision = "0".repeat(40);

describe("how a model is served", () => {
  test.each<[string, ModelEntry]>([
    ["autoscaling = {", { autoscaling: { least: 3, most: 2 } }],
    ["replicas = 5", { replicas: 5, autoscaling: { least: 1, most: 4 } }],
    ["server = ", { engine: "ollama", quantization: "q4_K_M", server: "triton" }],
    ["digest = ", { digest }],
    ["autoscaling = {", { engine: "ollama", quantization: "q4_K_M", autoscaling: { least: 1, most: 2 } }],
    ['task = "embed": is embed, and Qwen/Qwen3-8B was trained to generate', { task: "embed" }],
    ['task = "generate": is generate, and', { ...embedder, task: "generate" }],
    ['server = "triton": is triton, whose vLLM generates', { ...embedder, server: "triton" }],
    ["revision: is missing", { weights: "baked" }],
    ["weights = ", { weights: "baked", revision, server: "triton" }],
    ["quantization = ", { weights: "baked", revision, quantization: "awq" }],
  ])("%s is told where it fits nothing else", (said, model) => {
    expect(faultsOf(model)).toContain(`models.chat.${said}`);
    expect(faultsOf(model)).toContain("test has a fault:");
  });

  test("is accepted where it fits", () => {
    expect(faultsOf({ replicas: 2, autoscaling: { least: 0, most: 4 }, server: "triton" })).toBe("");
    expect(faultsOf({ engine: "ollama", quantization: "q4_K_M", digest })).toBe("");
    expect(faultsOf({ ...embedder, task: "embed" })).toBe("");
    expect(faultsOf({ weights: "baked", revision })).toBe("");
    expect(faultsOf({ engine: "ollama", quantization: "q4_K_M", weights: "baked" })).toBe("");
  });

  test("generates where it is TGI's", () => {
    const said = saidOf(
      {
        ...soundDev,
        capacity: { gpus: ["A100-40"] },
        models: { vectors: { ...embedder, engine: "tgi" } },
      },
      "test",
    );
    expect(said).toContain('models.vectors.engine = "tgi": tgi generates text only');
  });
});

describe("weights in an image", () => {
  test("need a registry, which local has none of", () => {
    const local = { environment: "local", ownership: soundDev.ownership } as const;
    const models = { chat: { model: "Qwen/Qwen3-0.6B", weights: "baked" } } as const;
    expect(saidOf({ ...local, models }, "test")).toContain("baked needs a registry");
  });

  test("are not for tgi", () => {
    const models = { chat: { model: "Qwen/Qwen3-8B", engine: "tgi", revision, weights: "baked" } } as const;
    const capacity = { gpus: ["H100" as const] };
    expect(saidOf({ ...soundDev, capacity, models }, "test")).toContain("tgi is archived upstream");
  });
});
