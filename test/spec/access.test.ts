import { describe, expect, test } from "vitest";
import { parsePlatform } from "../../spec/parse.ts";
import type { PlatformInput } from "../../spec/platform.ts";
import { saidOf, soundDev } from "../support/faults.ts";
import { identityService } from "../support/foundation.ts";

type Access = NonNullable<PlatformInput["access"]>;
type Models = NonNullable<PlatformInput["models"]>;

const faultsOf = (models: Models, access: Access = {}) => saidOf({ ...soundDev, models, access }, "test");

const chat = { model: "Qwen/Qwen3-8B" };
const small = { model: "Qwen/Qwen3-0.6B", engine: "ollama", quantization: "q8_0" } as const;
const vectors = { model: "Qwen/Qwen3-Embedding-0.6B" };

describe("fallbacks", () => {
  test.each<[string, Models]>([
    [
      'models.chat.fallbacks[0] = "smal": unknown, did you mean small?',
      { chat: { ...chat, fallbacks: ["smal"] }, small },
    ],
    ['models.chat.fallbacks[0] = "chat": is the model itself', { chat: { ...chat, fallbacks: ["chat"] } }],
    [
      'models.chat.fallbacks[1] = "small": stands in this list twice',
      { chat: { ...chat, fallbacks: ["small", "small"] }, small },
    ],
    [
      'models.chat.fallbacks[0] = "graph": triton',
      { chat: { ...chat, fallbacks: ["graph"] }, graph: { ...chat, server: "triton" } },
    ],
    [
      'models.graph.fallbacks = ["small"]: triton',
      { graph: { ...chat, server: "triton", fallbacks: ["small"] }, small },
    ],
    [
      'models.chat.fallbacks[0] = "vectors": is to embed, and this model is to generate',
      { chat: { ...chat, fallbacks: ["vectors"] }, vectors },
    ],
    [
      'models.vectors.fallbacks[0] = "others": makes vectors of Qwen/Qwen3-Embedding-8B',
      { vectors: { ...vectors, fallbacks: ["others"] }, others: { model: "Qwen/Qwen3-Embedding-8B" } },
    ],
  ])("%s", (said, models) => {
    expect(faultsOf(models)).toContain(said);
    expect(faultsOf(models)).toContain("test has a fault:");
  });

  test("may name each other, and the same model in another place", () => {
    const onCpu = { ...vectors, engine: "ollama", quantization: "q8_0" } as const;
    expect(faultsOf({ vectors: { ...vectors, fallbacks: ["slow"] }, slow: onCpu })).toBe("");
    expect(
      faultsOf({ chat: { ...chat, fallbacks: ["small"] }, small: { ...small, fallbacks: ["chat"] } }),
    ).toBe("");
  });

  test("of a model that is faulty itself aren't called unknown", () => {
    const models = { chat: { ...chat, fallbacks: ["small"] }, small: { ...small, concurrency: 0 } };
    expect(faultsOf(models)).not.toContain("fallbacks");
  });
});

describe("teams", () => {
  test.each<[string, Access]>([
    [
      'access.teams.search.models[0] = "chatt": unknown, did you mean chat?',
      { teams: { search: { models: ["chatt"] } } },
    ],
    [
      'access.teams.search.keys[1] = "a": stands in this list twice',
      { teams: { search: { keys: ["a", "a"] } } },
    ],
    ['access.forwardAuth.path = "oauth2"', { forwardAuth: { ...identityService, path: "oauth2" } }],
    ['access.forwardAuth.service = "-"', { forwardAuth: { ...identityService, service: "-" } }],
    ["access.forwardAuth.port = 0", { forwardAuth: { ...identityService, port: 0 } }],
    ["access.teams.search.keys = []", { teams: { search: { keys: [] } } }],
    ["access.teams.search.tokensPerMinute = 10", { teams: { search: { tokensPerMinute: 10 } } }],
  ])("%s", (said, access) => {
    expect(faultsOf({ chat }, access)).toContain(said);
  });

  test("have limits of their own and one key, if nothing is said", () => {
    const spec = parsePlatform(
      { environment: "local", ownership: { owner: "t", costCenter: "c" }, access: { teams: { search: {} } } },
      "test",
    );
    expect(spec.access.teams).toEqual({
      search: { requestsPerMinute: 600, tokensPerMinute: 400_000, concurrent: 16, keys: ["first"] },
    });
  });
});
