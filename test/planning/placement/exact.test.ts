import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { costOf } from "../../../planning/placement/cost.ts";
import { place } from "../../../planning/placement/place.ts";
import { violations } from "../../../planning/placement/verify.ts";
import { bruteForce } from "../../support/bruteForce.ts";
import { smallProblems } from "../../support/fleets.ts";
import { propertyRuns, propertyTimeout } from "../../support/properties.ts";

/** Prices are in cents, the solver's tolerance is a millionth. */
const cents = 1e-4;

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
          expect(Math.abs(costOf(problem, placement).total - least.cost)).toBeLessThan(cents);
          expect(placement.gap * least.cost).toBeLessThan(cents);
          expect(placement.limited).toBe(false);
        }),
        { numRuns: propertyRuns(300) },
      );
    },
    propertyTimeout,
  );

  test(
    "are placed by every rule, and bounded rightly, also in the way that large ones are",
    async () => {
      await fc.assert(
        fc.asyncProperty(smallProblems(7), async (problem) => {
          const placement = await place(problem, { exactUpTo: 0, gap: 0.05 });
          expect(violations(problem, placement)).toEqual([]);
          const least = bruteForce(problem);
          expect(placement.unplaceable.length).toBeGreaterThanOrEqual(least.leftOut);
          if (placement.unplaceable.length > least.leftOut) return;
          expect(placement.lowerBound).toBeLessThan(least.cost + cents);
          expect(costOf(problem, placement).total).toBeGreaterThan(least.cost - cents);
        }),
        { numRuns: propertyRuns(300) },
      );
    },
    propertyTimeout,
  );
});
