import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { violations } from "../../planning/placement/verify.ts";
import { type PlatformPlan, planPlatform } from "../../planning/plan.ts";
import { planServices } from "../../planning/services.ts";
import { sizePlatform } from "../../planning/sizing/platform.ts";
import { engineOf } from "../../spec/defaults.ts";
import type { AwsPlatformSpec, PlatformSpec } from "../../spec/platform.ts";
import { validSpec } from "../support/specs.ts";

/** More cases take long: PROPERTY_RUNS=10000 npx vitest run test/planning/plan.test.ts */
const numRuns = Number(process.env.PROPERTY_RUNS ?? 4);
const timeout = 120_000 + numRuns * 2000;

const awsSpec = validSpec.filter((spec): spec is AwsPlatformSpec => spec.environment !== "local");

async function planned(spec: AwsPlatformSpec) {
  const plan = await planPlatform(spec);
  if (plan.infrastructure === undefined) throw new Error("an environment in AWS has infrastructure");
  return { ...plan, infrastructure: plan.infrastructure };
}

function check<T>(arbitrary: fc.Arbitrary<T>, property: (value: T) => Promise<void>) {
  // The same cases in every run: a case takes long, and few of new ones would say little. PROPERTY_SEED tries others.
  return fc.assert(fc.asyncProperty(arbitrary, property), {
    numRuns,
    seed: Number(process.env.PROPERTY_SEED ?? 20_261_125),
  });
}

const names = ({ models }: Pick<PlatformPlan, "models">) => models.map(({ name }) => name);

describe("any valid description", () => {
  test(
    "plans each of its models, or says why not",
    () =>
      check(validSpec, async (spec) => {
        const plan = await planPlatform(spec);
        const missing = Object.keys(spec.models).filter((name) => !names(plan).includes(name));
        for (const name of missing) expect(plan.problems.join("\n")).toContain(name);
        for (const problem of plan.problems) expect(problem).toMatch(/\w/);
        for (const { memory } of plan.models) expect(memory.problem).toBeUndefined();
      }),
    timeout,
  );

  test(
    "puts nothing on a node beyond what it has, and keeps every rule of placement",
    () =>
      check(awsSpec, async (spec) => {
        const { infrastructure } = await planned(spec);
        const { problem } = sizePlatform(spec, planServices(spec), undefined);
        expect(violations(problem, infrastructure.placement)).toEqual([]);
        const { nodes } = infrastructure.placement;
        const groups = infrastructure.nodeGroups;
        expect(groups.reduce((sum, { size }) => sum + size.planned, 0)).toBe(nodes.length);
        expect(new Set(groups.map(({ name }) => name)).size).toBe(groups.length);
        for (const { size } of groups) {
          expect(size.min).toBeLessThanOrEqual(size.planned);
          expect(size.planned).toBeLessThanOrEqual(size.max);
        }
      }),
    timeout,
  );

  test(
    "plans the same whatever the order of its models, and moves nothing elsewhere with its own lock",
    () =>
      check(awsSpec, async (spec) => {
        const plan = await planned(spec);
        const reversed = Object.fromEntries(Object.entries(spec.models).toReversed());
        expect(await planPlatform({ ...spec, models: reversed })).toEqual(plan);
        const again = await planPlatform(spec, plan.infrastructure.lock);
        const { lock, placement } = plan.infrastructure;
        expect(again.infrastructure?.placement.usdPerHour).toBeCloseTo(placement.usdPerHour, 6);
        for (const [name, { offers, option }] of Object.entries(lock.placements)) {
          const now = again.infrastructure?.lock.placements[name];
          expect(now?.option).toBe(option);
          // Of several offers that it stands on, a workload may leave one for another.
          expect(offers).toEqual(expect.arrayContaining(now?.offers ?? ["none"]));
        }
      }),
    timeout,
  );

  test(
    "costs what its items cost, and its models no more than their nodes",
    () =>
      check(awsSpec, async (spec) => {
        const { infrastructure, models } = await planned(spec);
        const { cost, nodeGroups } = infrastructure;
        expect(cost.items.reduce((sum, { usdPerHour }) => sum + usdPerHour, 0)).toBeCloseTo(
          cost.usdPerHour,
          6,
        );
        const nodes = nodeGroups.reduce((sum, { usdPerHour }) => sum + usdPerHour, 0);
        expect(models.reduce((sum, { usdPerHour }) => sum + usdPerHour, 0)).toBeLessThanOrEqual(nodes + 1e-6);
      }),
    timeout,
  );
});

/** Each takes one constraint away; what was possible before still is. */
const relaxations: Readonly<Record<string, (spec: AwsPlatformSpec) => AwsPlatformSpec>> = {
  families: (spec) => ({ ...spec, capacity: { ...spec.capacity, families: undefined } }),
  "the models' GPUs": (spec) => ({
    ...spec,
    // Ollama without a word about GPUs goes to the CPU, which is another thing to ask for.
    models: mapModels(spec, (model) =>
      engineOf(model, false) === "ollama" ? model : { ...model, gpus: undefined },
    ),
  }),
  "a parallelism": (spec) => ({
    ...spec,
    models: mapModels(spec, (model) => ({ ...model, tensorParallel: undefined })),
  }),
  spreads: (spec) => ({
    ...spec,
    models: mapModels(spec, (model) => ({ ...model, spread: "none" as const })),
  }),
  "half the load": (spec) => ({
    ...spec,
    models: mapModels(spec, (model) => ({ ...model, concurrency: Math.ceil(model.concurrency / 2) })),
  }),
};

type Models = AwsPlatformSpec["models"];

function mapModels({ models }: AwsPlatformSpec, change: (model: Models[string]) => Models[string]): Models {
  return Object.fromEntries(Object.entries(models).map(([name, model]) => [name, change(model)]));
}

describe("cost never rises when a constraint is removed:", () => {
  test.each(Object.entries(relaxations))(
    "%s",
    (_, relax) =>
      check(awsSpec, async (spec) => {
        const constrained = await planned(spec);
        const relaxed = await planned(relax(spec));
        // Whoever finds no place pays nothing: only plans with the same models compare.
        if (constrained.problems.length > 0 || relaxed.problems.length > 0) return;
        const { placement } = relaxed.infrastructure;
        expect(placement.lowerBound).toBeLessThanOrEqual(
          constrained.infrastructure.placement.usdPerHour + 1e-6,
        );
      }),
    timeout * 2,
  );
});

test(
  "one model more moves no other, unless that saves more than the stability asks for",
  () =>
    check(fc.tuple(awsSpec, fc.constantFrom(0.5, 1)), async ([{ capacity, ...rest }, stability]) => {
      const spec: AwsPlatformSpec = { ...rest, capacity: { ...capacity, stability } };
      const before = await planned(spec);
      if (before.problems.length > 0) return;
      const added: PlatformSpec = {
        ...spec,
        models: { ...spec.models, "zz-new": { model: "Qwen/Qwen3-8B", kvCacheType: "auto", concurrency: 8 } },
      };
      const after = await planPlatform(added, before.infrastructure.lock);
      if (after.problems.length > 0 || stability < 1) return;
      for (const [name, choice] of Object.entries(before.infrastructure.lock.placements)) {
        expect(after.infrastructure?.lock.placements[name]?.option).toBe(choice.option);
      }
    }),
  timeout,
);
