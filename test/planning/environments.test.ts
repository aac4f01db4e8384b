import { beforeAll, describe, expect, test } from "vitest";
import { gpus } from "../../catalog/gpus.ts";
import type { InfrastructurePlan, NodeGroupPlan } from "../../planning/infrastructure.ts";
import { planPlatform } from "../../planning/plan.ts";
import { repoRoot } from "../../sandbox/lib/paths.ts";
import { describeEnvironment } from "../../stacks/environments.ts";

/** What an environment is for decides what it consists of: docs/environments.md. */
const expected = {
  dev: { zones: 2, nats: 1, cards: ["24 GB"], warm: [], buys: ["spot"] },
  staging: { zones: 2, nats: 1, cards: ["24 GB", "48 GB", "A100"], warm: [], buys: ["spot", "on-demand"] },
  prod: {
    zones: 3,
    nats: 3,
    cards: ["24 GB", "48 GB", "A100", "H100"],
    warm: ["24 GB", "48 GB", "A100", "H100"],
    buys: ["on-demand"],
  },
} as const;

/** A kind of card as people ask for it: by memory, or by name where that says more. */
function card({ gpu }: NodeGroupPlan): string[] {
  if (gpu === undefined) return [];
  if (/^[AH]100/.test(gpu.name)) return [gpu.name.slice(0, 4)];
  return [gpus[gpu.name].memoryMiB < 32 * 1024 ? "24 GB" : "48 GB"];
}

const sorted = (values: Iterable<string>) => [...new Set(values)].sort();

describe.each(["dev", "staging", "prod"] as const)("%s", (environment) => {
  const { buys, cards, nats, warm, zones } = expected[environment];
  const spec = describeEnvironment(environment, repoRoot);
  let infrastructure: InfrastructurePlan;

  beforeAll(async () => {
    const { infrastructure: planned, problems } = await planPlatform(spec);
    expect(problems).toEqual([]);
    if (planned === undefined) throw new Error(`${environment} has nothing in AWS`);
    infrastructure = planned;
  });

  test("has the cards that it is there to show, and keeps as few of them running as it may", () => {
    const { nodeGroups } = infrastructure;
    expect(sorted(nodeGroups.flatMap(card))).toEqual(cards);
    expect(sorted(nodeGroups.filter(({ size }) => size.min > 0).flatMap(card))).toEqual(warm);
    expect(sorted(nodeGroups.map(({ purchase }) => purchase))).toEqual(sorted(buys));
  });

  test("spans its zones, and costs less than its budget", () => {
    expect(infrastructure.network.zones).toHaveLength(zones);
    expect(infrastructure.network.natZones).toHaveLength(nats);
    expect(infrastructure.cost.usdPerMonth).toBeLessThan(spec.budget?.usdPerMonth ?? 0);
  });
});
