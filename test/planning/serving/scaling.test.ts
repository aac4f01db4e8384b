import { expect, test } from "vitest";
import { planPlatform } from "../../../planning/plan.ts";
import { repoRoot } from "../../../sandbox/lib/paths.ts";
import type { AwsPlatformSpec } from "../../../spec/platform.ts";
import { describeEnvironment } from "../../../stacks/environments.ts";

const written = describeEnvironment("prod", repoRoot);
if (written.environment === "local") throw new Error("prod is in AWS");
const prod: AwsPlatformSpec = written;
const name = "llama-3.1-8b";

async function upTo(most: number) {
  const model = prod.models[name];
  if (model === undefined) throw new Error(`prod has ${name}`);
  const models = { ...prod.models, [name]: { ...model, autoscaling: { least: 2, most } } };
  return planPlatform({ ...prod, models });
}

test("what a further replica costs and how long it takes is said, and what all of them would cost where that is too much", async () => {
  const [within, beyond] = [await upTo(6), await upTo(40)];
  expect(
    within.explanations.filter(({ subject }) => subject === `models/${name}`).map(({ why }) => why),
  ).toContainEqual(
    expect.stringMatching(
      /^2 to 6 replicas, each at \$[\d.]+\/h or \$[\d,]+ a month: .* a start from no node takes some \d+ s/,
    ),
  );
  const ofBudget =
    /^with every model at its autoscaling\.most it would cost \$[\d,]+ a month, more than the budget of \$60,000$/;
  expect(within.warnings.filter((warning) => ofBudget.test(warning))).toEqual([]);
  expect(beyond.warnings.filter((warning) => ofBudget.test(warning))).toHaveLength(1);
}, 120_000);

test("the groups that a model stands in may grow to what it may become; all that tell metrics are asked", async () => {
  const { infrastructure, monitoring } = await upTo(9);
  const groups = infrastructure?.nodeGroups.filter(({ pods }) => name in pods) ?? [];
  expect(groups.length).toBeGreaterThan(0);
  for (const { size } of groups) expect(size.max - size.planned).toBeGreaterThanOrEqual(9 - 4);
  expect(monitoring.scraped.map(({ job, port }) => [job, port])).toEqual([
    ["vllm", 8000],
    ["tgi", 8080],
    ["adapter", 9000],
    ["traefik", 8080],
    ["cluster-autoscaler", 8085],
    ["gpus", 9400],
  ]);
}, 120_000);
