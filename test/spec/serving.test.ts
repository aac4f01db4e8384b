import { describe, expect, test } from "vitest";
import { parsePlatform, SpecError } from "../../spec/parse.ts";
import type { ModelEntry } from "../../spec/platform.ts";

function faultsOf(model: ModelEntry): string {
  try {
    parsePlatform(
      {
        environment: "dev",
        ownership: { owner: "team", costCenter: "ml" },
        cloud: { region: "us-east-1" },
        gateway: { host: "ai.example.com" },
        models: { chat: { model: "Qwen/Qwen3-8B", ...model } },
      },
      "test",
    );
    return "";
  } catch (error) {
    if (error instanceof SpecError) return error.message;
    throw error;
  }
}

const digest = "0".repeat(64);

describe("how a model is served", () => {
  test.each<[string, ModelEntry]>([
    ["autoscaling = {", { autoscaling: { least: 3, most: 2 } }],
    ["replicas = 5", { replicas: 5, autoscaling: { least: 1, most: 4 } }],
    ["server = ", { engine: "ollama", quantization: "q4_K_M", server: "triton" }],
    ["digest = ", { digest }],
    ["autoscaling = {", { engine: "ollama", quantization: "q4_K_M", autoscaling: { least: 1, most: 2 } }],
  ])("%s is told where it fits nothing else", (said, model) => {
    expect(faultsOf(model)).toContain(`models.chat.${said}`);
    expect(faultsOf(model)).toContain("test has a fault:");
  });

  test("is accepted where it fits", () => {
    expect(faultsOf({ replicas: 2, autoscaling: { least: 0, most: 4 }, server: "triton" })).toBe("");
    expect(faultsOf({ engine: "ollama", quantization: "q4_K_M", digest })).toBe("");
  });
});
