import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { planPlatform } from "../../../planning/plan.ts";
import { planServing } from "../../../planning/serving/serving.ts";
import type { ServingPlan } from "../../../planning/serving/servingPlan.ts";
import { modelSchema } from "../../../spec/models.ts";
import { environments } from "../../../spec/platform.ts";
import { describeEnvironment } from "../../../stacks/environments.ts";
import { judged, type Verdict } from "../../support/engines/judge.ts";
import { awsSpec } from "../../support/foundation.ts";
import { library, prodWith } from "../../support/library.ts";
import { anyModel } from "../../support/servingModels.ts";

/** The engines' own code on what is rendered for them: of every environment and model of ours, and of others at random. */

const root = join(import.meta.dirname, "..", "..", "..");
const schema = JSON.parse(readFileSync(join(root, "docs/serving/launch.schema.json"), "utf8"));

async function ofOurs(): Promise<ServingPlan[]> {
  const specs = [...environments.map((name) => describeEnvironment(name, root)), ...library.map(prodWith)];
  const plans = specs.map(async (spec) => {
    const { models } = await planPlatform(spec);
    return planServing(spec, models).plans;
  });
  return (await Promise.all(plans)).flat();
}

function atRandom(): ServingPlan[] {
  const spec = awsSpec("prod");
  return fc.sample(anyModel, { numRuns: 150, seed: 20_261_125 }).flatMap((model) => {
    const asked = modelSchema.parse({ model: model.model });
    return (["native", "triton"] as const).flatMap(
      (server) => planServing({ ...spec, models: { [model.name]: { ...asked, server } } }, [model]).plans,
    );
  });
}

let plans: ServingPlan[] = [];
/** vLLM's settings with the model's path, as the entrypoint writes them. */
let settings: Record<string, unknown>[] = [];
let triton: ServingPlan[] = [];
let launches: ServingPlan["launches"][number][] = [];
let verdicts: Awaited<ReturnType<typeof judged>>;

const configOf = ({ files }: ServingPlan, name: string) =>
  Object.entries(files).find(([path]) => path.endsWith(name))?.[1] ?? "";

/** Each with a fault that only the engine itself knows to be one. */
const faulty = {
  vllm: [
    { model: "m", "tensor-paralel-size": 2 },
    { model: "m", "kv-cache-dtype": "fp7" },
    { model: "m", "max-num-seqs": "many" },
  ],
  tritonSettings: [{ model: "m", tensor_paralel_size: 2 }],
  tritonModels: ['backend: "vllm"\ninstance_group [{ kind: KIND_NODE }]', "backend: vllm"],
  launches: [{ model: "no-slash" }],
};

beforeAll(async () => {
  plans = [...(await ofOurs()), ...atRandom()];
  launches = plans.flatMap((plan) => plan.launches);
  settings = launches
    .filter(({ engine }) => engine === "vllm")
    .map(({ arguments: flags, weights }) => ({ model: weights.directory ?? weights.source, ...flags }));
  triton = plans.filter(({ server }) => server === "triton");
  verdicts = await judged({
    vllm: [...settings, ...faulty.vllm],
    tritonSettings: [
      ...triton.map((plan) => JSON.parse(configOf(plan, "model.json"))),
      ...faulty.tritonSettings,
    ],
    tritonModels: [...triton.map((plan) => configOf(plan, "config.pbtxt")), ...faulty.tritonModels],
    launches: [...launches, ...faulty.launches],
    schema,
  });
}, 20 * 60_000);

const errors = (of: readonly Verdict[]) => of.map(({ error }) => error).filter((error) => error !== null);

describe("vLLM's own argument parser", () => {
  test("accepts every configuration, and understands each value as it was meant", () => {
    expect(settings.length).toBeGreaterThan(50);
    const answers = verdicts.vllm.slice(0, settings.length);
    expect(errors(answers)).toEqual([]);
    for (const [index, { parsed }] of answers.entries()) expect(parsed).toMatchObject(settings[index] ?? {});
  });

  test("covers what differs: streaming, formats made at start, split models, caches in 8 bits, embeddings", () => {
    for (const flag of ["load-format", "quantization", "tensor-parallel-size", "kv-cache-dtype", "runner"])
      expect(settings.some((flags) => flag in flags)).toBe(true);
  });

  test("refuses a flag that it doesn't have, and values that a flag doesn't take", () => {
    const [flag, choice, number] = errors(verdicts.vllm.slice(settings.length));
    expect(flag).toContain("tensor-paralel-size");
    expect(choice).toContain("fp7");
    expect(number).toContain("many");
  });
});

describe("Triton", () => {
  test("parses every model configuration by its schema", () => {
    expect(triton.length).toBeGreaterThan(20);
    const answers = verdicts.tritonModels.slice(0, triton.length);
    expect(errors(answers)).toEqual([]);
    for (const [index, { parsed }] of answers.entries()) {
      expect(parsed).toEqual({
        name: triton[index]?.model,
        backend: "vllm",
        instanceGroup: [{ count: 1, kind: "KIND_MODEL" }],
        parameters: { REPORT_CUSTOM_METRICS: { stringValue: "true" } },
      });
    }
    expect(errors(verdicts.tritonModels.slice(triton.length))).toHaveLength(faulty.tritonModels.length);
  });

  test("gives its backend settings that vLLM's engine has", () => {
    expect(errors(verdicts.tritonSettings.slice(0, triton.length))).toEqual([]);
    expect(errors(verdicts.tritonSettings.slice(triton.length))).toEqual(["unknown: tensor_paralel_size"]);
  });
});

test("every launch is as docs/serving/launch.schema.json says", () => {
  expect(errors(verdicts.launches.slice(0, launches.length))).toEqual([]);
  expect(errors(verdicts.launches.slice(launches.length))).toHaveLength(1);
});
