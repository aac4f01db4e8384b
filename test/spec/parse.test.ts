import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { parsePlatform, SpecError, unknownName } from "../../spec/parse.ts";
import { environments } from "../../spec/platform.ts";
import { describeEnvironment } from "../../stacks/environments.ts";
import { modelConfigsOf } from "../support/modelConfigs.ts";

const root = resolve(import.meta.dirname, "../..");
const ownership = { owner: "team", costCenter: "cc" };
const local = { environment: "local", ownership };
const dev = {
  environment: "dev",
  ownership,
  cloud: { region: "us-east-1" },
  gateway: { host: "ai.example.com" },
};

function faultsOf(input: unknown, files: Readonly<Record<string, string>> = {}) {
  try {
    parsePlatform(input, "stacks/test.ts", { modelConfigs: modelConfigsOf(files) });
  } catch (error) {
    if (error instanceof SpecError) return error.faults;
    throw error;
  }
  return [];
}

describe("what people write", () => {
  test.each(environments)("stacks/%s.ts has no fault", (environment) => {
    const spec = describeEnvironment(environment, root);
    expect(spec.environment).toBe(environment);
    expect(Object.keys(spec.models).length).toBeGreaterThan(0);
  });

  test.each(["dev", "staging", "prod"] as const)(
    "Pulumi.%s.yaml has the region that is described",
    (environment) => {
      const settings = parse(readFileSync(resolve(root, `Pulumi.${environment}.yaml`), "utf8"));
      expect(describeEnvironment(environment, root).cloud?.region).toBe(settings.config["aws:region"]);
    },
  );

  test("two lines are enough for local, the rest has defaults", () => {
    expect(parsePlatform(local, "test")).toEqual({
      environment: "local",
      ownership: { project: "ai-platform", ...ownership },
      models: {},
      access: {},
      retrieval: { collections: {} },
      nlp: { embeddings: {} },
      pipelines: { prefect: true },
      tracking: {},
      postgres: {},
      gateway: { limits: {} },
      objectStore: { storageGi: 20 },
    });
  });

  test("in AWS a region and a host more are enough", () => {
    expect(parsePlatform(dev, "test")).toMatchObject({
      cloud: { region: "us-east-1" },
      network: { cidr: "10.0.0.0/16", reserved: [], interfaceEndpoints: [] },
      cluster: { publicAccessCidrs: [] },
      capacity: { reservations: [], capacityBlocks: [], headroom: 2, stability: 0.1 },
      gateway: { host: "ai.example.com" },
      observability: {},
    });
  });

  test("a model takes what its file says, but for what the stack says itself; undefined says nothing", () => {
    const files = {
      "llama/model-config.yaml":
        "model: meta-llama/Llama-3.1-8B-Instruct\nquantization: awq\ncontext: 4096\ngpus: [L4, A10G]\n",
    };
    const models = { llama: { context: 8192, gpus: ["L40S"], quantization: undefined } };
    const { models: parsed } = parsePlatform({ ...dev, models }, "test", {
      modelConfigs: modelConfigsOf(files),
    });
    expect(parsed.llama).toEqual({
      model: "meta-llama/Llama-3.1-8B-Instruct",
      quantization: "awq",
      context: 8192,
      gpus: ["L40S"],
      kvCacheType: "auto",
      concurrency: 8,
    });
  });

  test("config.json beside the file is the architecture of a model that the catalog doesn't know, and of no other", () => {
    const config = {
      model_type: "llama",
      num_hidden_layers: 22,
      hidden_size: 2048,
      intermediate_size: 5632,
      vocab_size: 32_000,
      num_attention_heads: 32,
      num_key_value_heads: 4,
      max_position_embeddings: 2048,
    };
    const parsed = (model: string) =>
      parsePlatform({ ...local, models: { tiny: {} } }, "test", {
        modelConfigs: modelConfigsOf({
          "tiny/model-config.yaml": `model: ${model}\n`,
          "tiny/config.json": JSON.stringify(config),
        }),
      }).models.tiny;
    expect(parsed("example/our-own-tiny-model")?.architecture).toEqual(config);
    expect(parsed("TinyLlama/TinyLlama-1.1B-Chat-v1.0")?.architecture).toBeUndefined();
  });

  test("a file that no model takes stops nobody", () => {
    expect(faultsOf(local, { "other/model-config.yaml": "model: [" })).toEqual([]);
  });
});

describe("faults", () => {
  test("stand in the order in which one wrote, what is missing last in its object", () => {
    const faults = faultsOf({
      tracking: { replicas: 0 },
      ownership: { costCentre: 1, owner: "" },
      environment: "local",
      models: { b: { model: "x/y" }, a: { model: "x/y", context: 1 } },
      gatway: {},
    });
    expect(faults.map(({ path }) => path)).toEqual([
      "tracking.replicas",
      "ownership.costCentre",
      "ownership.owner",
      "models.b.model",
      "models.a.context",
      "gatway",
    ]);
  });

  test("of a section don't hide those that rules find in others", () => {
    const faults = faultsOf({
      ...dev,
      ownership: {},
      network: { cidr: "10.0.0.0/8" },
      capacity: { headroom: -1 },
      models: {
        sound: { model: "TinyLlama/TinyLlama-1.1B-Chat-v1.0", context: 4096 },
        faulty: { model: "TinyLlama/TinyLlama-1.1B-Chat-v1.0", engine: "x" },
      },
      budget: { usdPerMonth: 1, alertAtPercent: [2, 1] },
    });
    expect(faults.map(({ path }) => path)).toEqual([
      "ownership.owner",
      "ownership.costCenter",
      "network.cidr",
      "capacity.headroom",
      "models.sound.context",
      "models.faulty.engine",
      "budget.alertAtPercent[1]",
    ]);
  });

  test("in a model's file say where it stands there, those of the stack don't", () => {
    const faults = faultsOf(
      { ...dev, models: { tiny: { concurrency: 0 } } },
      {
        "tiny/model-config.yaml":
          "# small\nmodel: TinyLlama/TinyLlama-1.1B-Chat-v1.0\ncontext: 4096\nconcurrency: 1\ngpus:\n  - L4\n  - L5\n",
      },
    );
    expect(faults.map(({ path, position }) => [path, position])).toEqual([
      ["models.tiny.concurrency", undefined],
      ["models.tiny.gpus[1]", { file: "m2m/tiny/model-config.yaml", line: 7, column: 5 }],
    ]);
  });

  test("beyond fifty are counted", () => {
    const models = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`m${index}`, 1]));
    try {
      parsePlatform({ ...local, models }, "stacks/test.ts");
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(SpecError);
      const lines = String(error).split("\n");
      expect(lines[0]).toContain("stacks/test.ts has 60 faults:");
      expect(lines).toHaveLength(52);
      expect(lines.at(-1)).toBe("  and 10 more");
    }
  });
});

describe("a name", () => {
  test("is suggested when it is near, or one begins with the other", () => {
    expect(unknownName("stagign", environments)).toContain("did you mean staging?");
    expect(unknownName("production", environments)).toContain("did you mean prod?");
    expect(unknownName("a100", ["A100-40", "H100", "A100-80"])).toContain("did you mean A100-40 or A100-80?");
    expect(unknownName("q4_k_m", ["q4_K_S", "q4_K_M"])).toContain("did you mean q4_K_M?");
    expect(unknownName("testing", environments)).not.toContain("did you mean");
  });

  test("of a long list is shown with its nearest", () => {
    const names = Array.from({ length: 100 }, (_, index) => `model-${index}`);
    expect(unknownName("modle-42", names)).toBe(
      "unknown, did you mean model-42? allowed: model-42, model-2, model-4, model-12, model-22 and 95 more",
    );
  });
});
