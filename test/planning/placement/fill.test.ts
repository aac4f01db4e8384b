import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildFleets } from "../../../planning/placement/fleet/fleet.ts";
import { inOrder } from "../../../planning/placement/order.ts";
import { Packing } from "../../../planning/placement/packing.ts";
import { shelvesOf } from "../../../planning/placement/pattern.ts";
import type { Placement, PlacementProblem } from "../../../planning/placement/problem.ts";
import { choose } from "../../../planning/placement/solver/assign.ts";
import { fillByWorth } from "../../../planning/placement/solver/fill.ts";
import { whyUnplaceable } from "../../../planning/placement/unplaceable.ts";
import { violations } from "../../../planning/placement/verify.ts";
import { smallProblems } from "../../support/fleets.ts";
import { propertyRuns } from "../../support/properties.ts";

/** Fills each part of a problem from nothing, all workloads of a group taking its first way. */
function filled(problem: PlacementProblem): Placement {
  const workloads = new Map(problem.workloads.map((workload) => [workload.name, workload]));
  const parts = buildFleets(problem).map((fleet) => {
    const packing = new Packing(fleet.zones);
    const ways = fleet.groups.map(({ members, ways }) =>
      ways.map((_, way) => (way === 0 ? members.length : 0)),
    );
    const chosen = choose(fleet, workloads, { ways });
    const worth = Float64Array.from(fleet.shapes, ({ index }) => 1 + (index % 3));
    const prices = { inZone: fleet.zones.map(() => worth), floating: worth };
    const left = new Set(fillByWorth(fleet, shelvesOf(fleet), prices, packing, chosen));
    for (const { option, workload } of left) packing.remove(workload, option.demand);
    const placed = chosen.filter((choice) => !left.has(choice));
    return {
      nodes: packing.placed(),
      options: placed.map(({ option, workload }) => [workload.name, option.id] as const),
    };
  });
  const options = new Map(parts.flatMap(({ options }) => options));
  return {
    options,
    nodes: parts.flatMap(({ nodes }) => nodes),
    usdPerHour: 0,
    lowerBound: 0,
    gap: 0,
    limited: false,
    unplaceable: problem.workloads
      .filter(({ name }) => !options.has(name))
      .map(({ name }) => ({ workload: name, reason: "" })),
  };
}

describe("filling nodes by what their pods are worth", () => {
  test("keeps every rule, and leaves out nobody where offers have no limit", () => {
    fc.assert(
      fc.property(smallProblems(14), fc.boolean(), (drawn, unlimited) => {
        const offers = drawn.offers.filter(({ limit }) => limit === undefined || !unlimited);
        const all = inOrder({ ...drawn, offers, previous: new Map() });
        const able = all.workloads.filter((workload) => whyUnplaceable(workload, all) === undefined);
        const problem = { ...all, workloads: able };
        const placement = filled(problem);
        expect(violations(problem, placement).filter((fault) => !/cost|gap/.test(fault))).toEqual([]);
        if (unlimited) expect(placement.unplaceable).toEqual([]);
      }),
      { numRuns: propertyRuns(500) },
    );
  });
});
