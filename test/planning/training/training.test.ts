import { describe, expect, test } from "vitest";
import { gpuNames, hasBfloat16 } from "../../../catalog/gpus.ts";
import { planPlatform } from "../../../planning/plan.ts";
import { trainingMemory } from "../../../planning/training/memory.ts";
import { type TrainingCode, trainingRun } from "../../../planning/training/run.ts";
import type { AwsPlatformInput } from "../../../spec/platform.ts";
import { type TrainedModelSpec, trainingSchema } from "../../../spec/training.ts";
import { awsSpec } from "../../support/foundation.ts";
import { plannedTrainings, planOnly } from "../../support/trainings.ts";

type Job = NonNullable<NonNullable<AwsPlatformInput["training"]>["jobs"]>[string];

const small = { parameters: 1_000_000, activationsMiB: 100 };
const digits: Job = { entrypoint: "digits:train", model: small };

/** GPT-2 with 124 million parameters: its paper's shape. */
const gpt2 = {
  parameters: 124_000_000,
  transformer: { layers: 12, width: 768, heads: 12, vocabulary: 50_257, sequence: 1024, batch: 8 },
};

function model(input: Job["model"]): TrainedModelSpec {
  const { jobs } = trainingSchema.parse({ jobs: { a: { entrypoint: "a:b", model: input } } });
  if (jobs.a === undefined) throw new Error("it is there");
  return jobs.a.model;
}

const mebibytes = (bytes: number) => bytes / 2 ** 20;

describe("memory", () => {
  test("is 18 bytes for each parameter with 16 bits, 16 with 32, and what the formula says for a batch", () => {
    const mixed = trainingMemory(model(gpt2), "bf16", "L4");
    expect(mixed.weights + mixed.gradients + mixed.optimizer).toBeCloseTo(mebibytes(18 * 124e6), 6);
    const full = trainingMemory(model(gpt2), "fp32", "L4");
    expect(full.weights + full.gradients + full.optimizer).toBeCloseTo(mebibytes(16 * 124e6), 6);
    // 12 layers x 8192 tokens x 34 x 768, and 8 bytes for each of 8192 x 50,257 logits.
    expect(mixed.activations).toBeCloseTo(mebibytes(12 * 8192 * 34 * 768 + 8 * 8192 * 50_257), 6);
    expect(full.activations).toBeCloseTo(mebibytes(2 * 12 * 8192 * 34 * 768 + 8 * 8192 * 50_257), 6);
  });

  test("grows with the square of a sequence where attention is plain", () => {
    const { transformer } = gpt2;
    const at = (attention: "fused" | "plain", sequence: number) =>
      trainingMemory(
        model({ ...gpt2, transformer: { ...transformer, vocabulary: 1, attention, sequence } }),
        "bf16",
        "H100",
      ).activations;
    expect(at("fused", 2048) / at("fused", 1024)).toBeCloseTo(2, 3);
    expect(at("plain", 2048) / at("plain", 1024)).toBeGreaterThan(3);
  });

  test("that a card hasn't got is told with its parts", () => {
    const { problem } = trainingMemory(
      model({ parameters: 999_000_000, activationsMiB: 9000 }),
      "bf16",
      "L4",
    );
    expect(problem).toBe(
      "needs 27.9 GiB of 22.0 GiB on the L4: weights 5.6 GiB, gradients 3.7 GiB, AdamW 7.4 GiB, activations 8.8 GiB, runtime 2.3 GiB",
    );
  });
});

describe("a training", () => {
  test("gets the cheapest GPU that it fits on, at what it costs while it runs", async () => {
    const [plan] = await plannedTrainings("dev", { digits: { ...digits, deadlineHours: 2 } });
    expect(plan).toMatchObject({
      gpu: "L4",
      precision: "bf16",
      instanceType: "g6.xlarge",
      purchase: "spot",
      namespace: "ai-training",
    });
    expect(plan?.usdAtMost).toBeCloseTo(2 * (plan?.usdPerHour ?? 0), 9);
    expect(plan?.usdPerHour).toBeGreaterThan(0);
  });

  test("that needs more memory gets a larger card, and one that needs too much is told why", async () => {
    const large = { ...digits, model: { parameters: 900_000_000, activationsMiB: 16_000 } };
    const [plan] = await plannedTrainings("dev", { large });
    expect(plan?.memory.capacity).toBeGreaterThan(30_000);
    const { explanations, problems } = await planOnly("dev", { large: { ...large, gpus: ["L4", "A10G"] } });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(
      /^training\.jobs\.large fits on no GPU: needs .* on the A10G: .*; needs .* on the L4: /,
    );
    expect(explanations).toHaveLength(2);
  });

  test("is bought on spot where the environment may, and otherwise as the environment is", async () => {
    const purchases = async (environment: "dev" | "prod", job: Job, capacity = {}) =>
      (await planOnly(environment, { digits: job }, { capacity })).workloads[0]?.purchase;
    expect(await purchases("dev", digits)).toEqual(["spot", "on-demand"]);
    expect(await purchases("prod", digits)).toEqual(["on-demand"]);
    expect(await purchases("prod", { ...digits, purchase: "spot" })).toEqual(["spot", "on-demand"]);
    expect(await purchases("dev", { ...digits, purchase: "on-demand" })).toEqual(["on-demand"]);
    expect(await purchases("dev", digits, { purchase: ["on-demand", "spot"] })).toEqual([
      "spot",
      "on-demand",
    ]);
  });

  test("multiplies in bf16 from Ampere on, else in fp16", async () => {
    expect(gpuNames.filter((name) => !hasBfloat16(name))).toEqual(["T4"]);
    const onT4 = (job: Job) => planOnly("dev", { digits: job }, { capacity: { gpus: ["T4"] } });
    expect((await onT4(digits)).jobs[0]?.precision).toBe("fp16");
    expect((await onT4({ ...digits, precision: "fp32" })).jobs[0]?.precision).toBe("fp32");
  });

  test("is warned of when its checkpoint may not be written before a spot node goes", async () => {
    const large = { ...digits, model: { parameters: 999_000_000, activationsMiB: 100 } };
    const warnings = async (purchase: "spot" | "on-demand") =>
      (await planOnly("dev", { large: { ...large, purchase } }, { capacity: { families: [...cpu, "g6"] } }))
        .warnings;
    expect((await warnings("spot")).join()).toMatch(/^training\.jobs\.large: a checkpoint takes about \d+ s/);
    expect(await warnings("on-demand")).toEqual([]);
  });
});

const cpu = ["m7i", "c7i"];

describe("an environment with a training", () => {
  const change = { models: {}, nlp: {} } satisfies Partial<AwsPlatformInput>;
  const planned = async (jobs: Record<string, Job>, environment: "dev" | "prod" = "dev") => {
    const plan = await planPlatform(awsSpec(environment, { ...change, training: { jobs } }));
    if (plan.infrastructure === undefined) throw new Error("it is in AWS");
    expect(plan.problems).toEqual([]);
    return plan.infrastructure;
  };

  test("costs and places the same as without, and has a node group from zero", async () => {
    const [without, with_] = [await planned({}), await planned({ digits })];
    expect(with_.placement).toEqual(without.placement);
    // But for the two alarms of its node group, $0.20 a month.
    const items = ({ cost }: typeof without) =>
      cost.items.filter(({ component }) => component !== "others/cloudWatchAlarm");
    expect(items(with_)).toEqual(items(without));
    const added = with_.nodeGroups.filter(({ role }) => role === "gpu");
    expect(without.nodeGroups.filter(({ role }) => role === "gpu")).toEqual([]);
    expect(added.map(({ pods, size }) => [size, pods])).toEqual([
      [{ min: 0, planned: 0, max: 3 }, { "train-digits": 1 }],
    ]);
    expect(with_.cost.notPriced[0]).toMatch(
      /^training digits: \$0\.\d\d an hour while it runs on g6\.xlarge spot, \$\d+\.\d\d until its deadline$/,
    );
    expect(with_.images.map(({ program }) => program)).toContain("training");
    expect(without.images.map(({ program }) => program)).not.toContain("training");
  });

  test("has room for all of them at once, and starts from zero in prod too", async () => {
    const { nodeGroups } = await planned(
      { digits, more: digits, own: { ...digits, gpus: ["A10G"] } },
      "prod",
    );
    const sizes = nodeGroups.filter(({ role }) => role === "gpu").map(({ gpu, size }) => [gpu?.name, size]);
    expect(sizes).toEqual([
      ["A10G", { min: 0, planned: 0, max: 3 }],
      ["L4", { min: 0, planned: 0, max: 4 }],
    ]);
  });

  test("keeps its choice with its own lock", async () => {
    const { lock } = await planned({ digits });
    expect(lock.placements["train-digits"]).toEqual({ option: "1xL4/bf16", offers: ["g6.xlarge/spot"] });
  });
});

describe("a run", () => {
  const code: TrainingCode = new Map([["__init__.py", "def train(session): ...\n"]]);
  const nameOf = async (job: Partial<Job>, files = code) => {
    const [plan] = await plannedTrainings("dev", { digits: { ...digits, ...job } });
    if (plan === undefined) throw new Error("it is planned");
    return trainingRun(plan, files).jobName;
  };

  test("is another one when what makes its result changes", async () => {
    const names = [
      await nameOf({}),
      await nameOf({ seed: 1 }),
      await nameOf({ hyperparameters: { rate: 0.1 } }),
      await nameOf({ precision: "fp32" }),
      await nameOf({ entrypoint: "digits:tune" }),
      await nameOf({ entrypoint: undefined, image: "registry.example.com/team/bert:2.1" }),
      await nameOf({ entrypoint: undefined, image: "registry.example.com/team/bert:2.2" }),
      await nameOf({ data: "corpora/wiki" }),
      await nameOf({}, new Map([["__init__.py", "def train(session): return {}\n"]])),
    ];
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^train-digits-[0-9a-f]{8}$/);
  });

  test("is the same one on other hardware and with other limits", async () => {
    const names = [
      await nameOf({ hyperparameters: { rate: 1, epochs: 2 } }),
      await nameOf({ hyperparameters: { epochs: 2, rate: 1 }, gpus: ["A10G"], purchase: "on-demand" }),
      await nameOf({ hyperparameters: { rate: 1, epochs: 2 }, retries: 5, deadlineHours: 1, cpus: 2 }),
    ];
    expect(new Set(names).size).toBe(1);
  });
});
