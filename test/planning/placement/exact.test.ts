import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { costOf } from "../../../planning/placement/cost.ts";
import { place } from "../../../planning/placement/place.ts";
import { violations } from "../../../planning/placement/verify.ts";
import { bruteForce } from "../../support/bruteForce.ts";
import { smallProblems } from "../../support/fleets.ts";

const numRuns = Number(process.env.PLACEMENT_RUNS ?? 300);
const seed = process.env.PLACEMENT_SEED === undefined ? undefined : Number(process.env.PLACEMENT_SEED);

describe("small fleets", () => {
  test(
    "cost what trying everything finds, proven, with every rule kept",
    async () => {
      await fc.assert(
        fc.asyncProperty(smallProblems(7), async (problem) => {
          const placement = await place(problem);
          expect(violations(problem, placement)).toEqual([]);
          const least = bruteForce(problem);
          expect(placement.unplaceable.length).toBe(least.leftOut);
          expect(costOf(problem, placement).total).toBeCloseTo(least.cost, 5);
          expect(placement.gap * least.cost).toBeLessThan(1e-4);
        }),
        { numRuns, ...(seed === undefined ? {} : { seed }) },
      );
    },
    numRuns * 1000,
  );
});
