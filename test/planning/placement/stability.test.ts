import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { costOf } from "../../../planning/placement/cost.ts";
import { place } from "../../../planning/placement/place.ts";
import type { Choice, Placement, PlacementProblem, Workload } from "../../../planning/placement/problem.ts";
import { violations } from "../../../planning/placement/verify.ts";
import { smallProblems } from "../../support/fleets.ts";
import { modelFleet } from "../../support/modelFleet.ts";
import { propertyRuns, propertyTimeout } from "../../support/properties.ts";

/** The choices of a placement, each of which costs so much to change. */
function choicesOf({ nodes, options }: Placement, moveCost: number): Map<string, Choice> {
  return new Map(
    [...options].map(([name, option]) => {
      const offers = nodes.filter(({ pods }) => pods.includes(name)).map(({ offer }) => offer);
      return [name, { option, offers: [...new Set(offers)], moveCost }];
    }),
  );
}

const moved = (problem: PlacementProblem, placement: Placement) =>
  [...problem.previous].filter(([name, before]) => {
    const after = choicesOf(placement, 0).get(name);
    return after?.option !== before.option || after.offers.some((offer) => !before.offers.includes(offer));
  });

const newcomer: Workload = {
  name: "newcomer",
  role: "gpu",
  replicas: 2,
  spread: "none",
  purchase: ["on-demand"],
  options: [
    {
      id: "1xL4",
      demand: { gpu: "L4", gpus: 1, milliCpus: 500, memoryMiB: 1024, diskGiB: 0 },
      needs: [],
      penalty: 0,
    },
  ],
};

describe("a plan in force", () => {
  test(
    "stays as it is when nothing changed, though moving costs nothing",
    async () => {
      await fc.assert(
        fc.asyncProperty(smallProblems(7), async (problem) => {
          const first = await place({ ...problem, previous: new Map() });
          const again = { ...problem, previous: choicesOf(first, 0) };
          expect(moved(again, await place(again))).toEqual([]);
        }),
        { numRuns: propertyRuns(100) },
      );
    },
    propertyTimeout,
  );

  test(
    "is not touched by a newcomer where moves cost more than they can save",
    async () => {
      await fc.assert(
        fc.asyncProperty(smallProblems(6), async (problem) => {
          // Of offers with a limit a newcomer may need the last, which is worth a move.
          const offers = problem.offers.filter(({ limit }) => limit === undefined);
          if (offers.length === 0) return;
          const first = await place({ ...problem, offers, previous: new Map() });
          const next = {
            ...problem,
            offers,
            workloads: [...problem.workloads, newcomer],
            previous: choicesOf(first, 1000),
          };
          const placement = await place(next);
          expect(violations(next, placement)).toEqual([]);
          expect(moved(next, placement)).toEqual([]);
        }),
        { numRuns: propertyRuns(100) },
      );
    },
    propertyTimeout,
  );

  test("of 60 models keeps all but what a newcomer is worth moving for", async () => {
    const fleet = modelFleet(61, 5);
    const old = { ...fleet, workloads: fleet.workloads.slice(0, 60) };
    const first = await place(old);
    const next = { ...fleet, previous: choicesOf(first, 0.2) };
    const placement = await place(next);
    expect(violations(next, placement)).toEqual([]);
    const { moves, total } = costOf(next, placement);
    // Each move is paid for: had nobody moved, it would have cost more, or the gap is what is left of it.
    const free = await place(fleet);
    expect(moves).toBeCloseTo(0.2 * moved(next, placement).length, 6);
    expect(total).toBeGreaterThanOrEqual(free.lowerBound - 1e-6);
    expect(moved(next, placement).length).toBeLessThanOrEqual(6);
  }, 120_000);
});
