import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { planPlatform } from "../../../planning/plan.ts";
import { planDocument } from "../../../report/plan/document.ts";
import { planJsonSchema } from "../../../report/plan/schema.ts";
import { repoRoot } from "../../../sandbox/lib/paths.ts";
import { environments } from "../../../spec/platform.ts";
import { describeEnvironment } from "../../../stacks/environments.ts";

test("the committed JSON Schema is what the code makes: npm run schemas", () => {
  const committed = readFileSync(`${repoRoot}/docs/schemas/plan.schema.json`, "utf8");
  expect(JSON.parse(committed)).toEqual(JSON.parse(JSON.stringify(planJsonSchema())));
});

describe.each(environments)("the document of %s", (environment) => {
  test("says whether it can be brought up, what runs where and for how much", async () => {
    const plan = await planPlatform(describeEnvironment(environment, repoRoot));
    const document = planDocument(plan);
    expect(document.ok).toBe(true);
    expect(document.models.map(({ name }) => name)).toEqual(plan.models.map(({ name }) => name));
    for (const model of document.models)
      expect(model.concurrency.held).toBeGreaterThanOrEqual(model.concurrency.wanted);
    expect(document.infrastructure === undefined).toBe(environment === "local");
    if (document.infrastructure === undefined) return;
    const { cost, nodeGroups, placement } = document.infrastructure;
    expect(cost.items.reduce((sum, { usdPerHour }) => sum + usdPerHour, 0)).toBeCloseTo(cost.usdPerHour, 6);
    expect(nodeGroups.reduce((sum, { usdPerHour }) => sum + usdPerHour, 0)).toBeCloseTo(
      placement.usdPerHour,
      6,
    );
    expect(cost.usdPerMonth).toBeLessThanOrEqual(cost.budgetUsdPerMonth ?? 0);
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });
});
