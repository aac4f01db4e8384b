import { join } from "node:path";
import { execa } from "execa";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { z } from "zod";
import { type AdapterConfig, planAdapter } from "../../../planning/serving/adapter.ts";
import { clientKey, keyFile } from "../../../planning/serving/keys.ts";
import { planServing } from "../../../planning/serving/serving.ts";
import { serviceEnvironment } from "../../../sandbox/cli/testing/python.ts";
import { repoRoot } from "../../../sandbox/lib/paths.ts";
import { silent } from "../../../sandbox/lib/progress.ts";
import { modelSchema } from "../../../spec/models.ts";
import { awsSpec } from "../../support/foundation.ts";
import { anyModel } from "../../support/servingModels.ts";

/** The adapter's own reading of what is planned for it: of a hundred platforms with models at random. */

const answer = z.object({
  faults: z.array(z.string().nullable()),
  teams: z.array(z.string().nullable()),
});

const keys = [
  { team: "search", key: clientKey("a".repeat(43)) },
  { team: "search", key: clientKey("b".repeat(43)) },
  { team: "batch", key: clientKey("c".repeat(43)) },
];

function atRandom(): AdapterConfig[] {
  const platforms = fc.uniqueArray(anyModel, { minLength: 1, maxLength: 4, selector: ({ name }) => name });
  return fc.sample(platforms, { numRuns: 100, seed: 20_261_125 }).flatMap((models) => {
    const names = models.map(({ name }) => name);
    const specs = models.map(({ name, model }) => [
      name,
      { ...modelSchema.parse({ model }), fallbacks: names.filter((other) => other !== name) },
    ]);
    const spec = {
      ...awsSpec("prod", {
        access: { teams: { search: {}, batch: { tokensPerMinute: 4096, concurrent: 1 } } },
      }),
      models: Object.fromEntries(specs),
    };
    const plan = planAdapter(spec, planServing(spec, models).plans, models);
    return plan ? [plan.config] : [];
  });
}

const configs = atRandom();
const [first] = configs;
/** Each with a fault. */
const faulty = [
  { ...first, breakers: {} },
  { ...first, teams: { search: { limits: "none" } } },
  { ...first, upstreams: {} },
];
let said: z.infer<typeof answer>;

beforeAll(async () => {
  const service = join(repoRoot, "services", "adapter");
  const { env, python } = await serviceEnvironment("adapter", service, silent);
  const { stdout } = await execa(python, [join(repoRoot, "test", "support", "adapter", "judge.py")], {
    env: { ...env, PYTHONPATH: service },
    input: JSON.stringify({
      settings: [...configs, ...faulty].map((config) => stringify(config, { aliasDuplicateObjects: false })),
      keys: stringify(keyFile(keys)),
      presented: [...keys.map(({ key }) => key), "sk-wrong"],
    }),
  });
  said = answer.parse(JSON.parse(stdout));
}, 5 * 60_000);

describe("the adapter", () => {
  test("starts with every configuration", () => {
    expect(configs.length).toBeGreaterThan(80);
    expect(said.faults.slice(0, configs.length).filter((fault) => fault !== null)).toEqual([]);
  });

  test("refuses what it doesn't know, what leads nowhere, and nothing to ask", () => {
    const [unknown, nowhere, nothing] = said.faults.slice(configs.length);
    expect(unknown).toContain("breakers");
    expect(nowhere).toContain("teams.search.limits: 'none' is not there");
    expect(nothing).toContain("upstreams");
  });

  test("knows each key's team from its hash, and no other key", () => {
    expect(said.teams).toEqual(["search", "search", "batch", null]);
  });
});
