import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ModelPlan } from "../../../planning/models.ts";
import { type AdapterPlan, planAdapter } from "../../../planning/serving/adapter.ts";
import { planServing } from "../../../planning/serving/serving.ts";
import type { ModelInput } from "../../../spec/models.ts";
import type { AwsPlatformInput } from "../../../spec/platform.ts";
import { awsSpec } from "../../support/foundation.ts";
import { planned } from "../../support/servingModels.ts";

const inputs = {
  chat: { model: "Qwen/Qwen3-8B", gpus: ["L4"], quantization: "fp8", replicas: 1 },
  scaled: { model: "Qwen/Qwen3-8B", gpus: ["L4"], quantization: "fp8", autoscaling: { least: 1, most: 4 } },
  old: { model: "mistralai/Mixtral-8x7B-Instruct-v0.1", engine: "tgi", gpus: ["A100-40"] },
  small: { model: "TinyLlama/TinyLlama-1.1B-Chat-v1.0", engine: "ollama", concurrency: 4, replicas: 1 },
  first: { model: "Qwen/Qwen3-8B", gpus: ["L4"], quantization: "fp8", fallbacks: ["small", "old"] },
  vectors: { model: "Qwen/Qwen3-Embedding-4B", gpus: ["L4"], replicas: 1 },
  graph: { model: "Qwen/Qwen3-8B", gpus: ["L4"], quantization: "fp8", server: "triton" },
} as const satisfies Record<string, ModelInput>;

function adapterOf(
  names: readonly (keyof typeof inputs)[],
  environment: "dev" | "prod" = "prod",
  more: Partial<AwsPlatformInput> = {},
): AdapterPlan | undefined {
  const models: ModelPlan[] = names.flatMap((name) => {
    const model = planned(name, { ...inputs[name] });
    return model
      ? [{ ...model, nodes: [{ instanceType: "g6.xlarge", purchase: "on-demand" as const }] }]
      : [];
  });
  const described = Object.fromEntries(names.map((name) => [name, { ...inputs[name] }]));
  const spec = awsSpec(environment, { ...more, models: described });
  return planAdapter(spec, planServing(spec, models).plans, models);
}

function there(plan: AdapterPlan | undefined): AdapterPlan {
  if (plan === undefined) throw new Error("there is an adapter");
  return plan;
}

describe("upstreams", () => {
  const { config, upstreams } = there(adapterOf(["chat", "old", "small", "graph"]));

  test("are all servers with OpenAI's API, under the name that each knows its model by", () => {
    expect(
      Object.fromEntries(Object.entries(config.upstreams).map(([name, { model }]) => [name, model])),
    ).toEqual({
      chat: "chat",
      old: "tgi",
      small: "tinyllama:1.1b-chat-v1-q4_K_M",
    });
    expect(config.upstreams.chat?.url).toBe("http://chat.ai-models.svc.cluster.local:8000");
  });

  test("have a key file exactly where the engine asks for a key", () => {
    expect(upstreams).toEqual([
      { name: "chat", app: "chat", port: 8000, keyFile: "chat" },
      { name: "old", app: "old", port: 8080, keyFile: "old" },
      { name: "small", app: "small", port: 11_434, keyFile: undefined },
    ]);
    expect(config.upstreams.chat?.apiKeyFile).toBe("/etc/adapter/engines/chat");
    expect(config.upstreams.small).not.toHaveProperty("apiKeyFile");
  });

  test("get what they work on at once from both replicas together: Ollama no more, vLLM a line that it scales by", () => {
    expect(config.upstreams.small?.concurrency).toBe(2);
    const sequences = planned("chat", inputs.chat)?.batch?.sequences ?? 0;
    expect(sequences).toBeGreaterThan(0);
    expect(config.upstreams.chat?.concurrency).toBe(sequences);
    const scaled = there(adapterOf(["scaled"]));
    expect(scaled.config.upstreams.scaled?.concurrency).toBe(4 * sequences);
  });
});

describe("models", () => {
  test("have their own server first, then their fallbacks as written", () => {
    const { config } = there(adapterOf(["first", "old", "small"]));
    expect(config.models.first?.upstreams).toEqual(["first", "small", "old"]);
    expect(config.models.small?.upstreams).toEqual(["small"]);
  });

  test("answer to their Hugging Face id where it is one model's only, and to Ollama's tag", () => {
    expect(there(adapterOf(["chat", "small"])).config.models).toMatchObject({
      chat: { aliases: ["Qwen/Qwen3-8B"] },
      small: { aliases: ["TinyLlama/TinyLlama-1.1B-Chat-v1.0", "tinyllama:1.1b-chat-v1-q4_K_M"] },
    });
    const twice = there(adapterOf(["chat", "scaled"])).config.models;
    expect(Object.values(twice).flatMap(({ aliases }) => aliases)).toEqual([]);
  });

  test("are said to embed where they do", () => {
    const { config } = there(adapterOf(["chat", "vectors"]));
    expect(config.models.vectors?.embeds).toBe(true);
    expect(config.models.chat).not.toHaveProperty("embeds");
  });

  test("of Triton are not behind it, and without any other there is no adapter", () => {
    expect(adapterOf(["graph"])).toBeUndefined();
    expect(adapterOf([])).toBeUndefined();
  });
});

describe("teams", () => {
  test("without any, the owner is one and may ask everything", () => {
    const { config, teams } = there(adapterOf(["small"]));
    expect(teams).toMatchObject([
      { name: "platform-team", keys: ["first"], secret: "adapter-keys-platform-team" },
    ]);
    expect(config.teams).toEqual({ "platform-team": { limits: "platform-team" } });
  });

  test("may ask the models that they name", () => {
    const access = { teams: { search: { models: ["small"] } } };
    expect(there(adapterOf(["chat", "small"], "prod", { access })).config.teams).toEqual({
      search: { limits: "search", models: ["small"] },
    });
  });

  test("get from all replicas together what they were promised, and no request is admitted that could never fit", () => {
    fc.assert(
      fc.property(
        fc.record({
          requestsPerMinute: fc.integer({ min: 1, max: 1e7 }),
          tokensPerMinute: fc.integer({ min: 4096, max: 1e9 }),
          concurrent: fc.integer({ min: 1, max: 1e4 }),
        }),
        (promised) => {
          const { config, replicas } = there(
            adapterOf(["small"], "prod", { access: { teams: { search: promised } } }),
          );
          const limits = config.limits.search;
          if (limits === undefined) throw new Error("search has limits");
          for (const name of ["requestsPerMinute", "tokensPerMinute", "concurrent"] as const) {
            expect(limits[name] * replicas).toBeGreaterThanOrEqual(promised[name]);
            expect(limits[name] * replicas).toBeLessThan(promised[name] + replicas);
          }
          expect(limits.maxTokens).toBeLessThanOrEqual(limits.tokensPerMinute);
          expect(limits.defaultMaxTokens).toBeLessThanOrEqual(limits.maxTokens);
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe("its end", () => {
  test("is waited for longer than it may drain, and within a spot node's notice where it may stand on one", () => {
    for (const environment of ["dev", "prod"] as const) {
      const { config, graceSeconds } = there(adapterOf(["small"], environment));
      // services/adapter: above the sum of both and 5 s.
      expect(graceSeconds).toBeGreaterThan(config.drain.delaySeconds + config.drain.graceSeconds + 5);
      if (environment === "dev") expect(graceSeconds).toBeLessThanOrEqual(120);
      else expect(config.drain.graceSeconds).toBe(600);
    }
  });
});
