import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { firstFit, onePerWorkload } from "../../../planning/placement/baselines.ts";
import { costOf } from "../../../planning/placement/cost.ts";
import { place } from "../../../planning/placement/place.ts";
import { violations } from "../../../planning/placement/verify.ts";
import { smallProblems } from "../../support/fleets.ts";
import { modelFleet } from "../../support/modelFleet.ts";
import { propertyRuns, propertyTimeout } from "../../support/properties.ts";

describe.each([
  ["first fit", firstFit],
  ["a node group per workload", onePerWorkload],
])("%s", (_, baseline) => {
  test("keeps every rule", () => {
    fc.assert(
      fc.property(smallProblems(9), (problem) => {
        expect(violations(problem, baseline(problem))).toEqual([]);
      }),
      { numRuns: propertyRuns(300) },
    );
    const fleet = modelFleet(60, 3);
    expect(violations(fleet, baseline(fleet))).toEqual([]);
  });

  test(
    "is never cheaper than what is proven to be the least",
    async () => {
      await fc.assert(
        fc.asyncProperty(smallProblems(7), async (problem) => {
          const [simple, best] = [baseline(problem), await place(problem)];
          expect(simple.unplaceable.length).toBeGreaterThanOrEqual(best.unplaceable.length);
          if (simple.unplaceable.length > best.unplaceable.length) return;
          expect(costOf(problem, simple).total).toBeGreaterThanOrEqual(best.lowerBound - 1e-6);
        }),
        { numRuns: propertyRuns(100) },
      );
    },
    propertyTimeout,
  );

  test("shares nodes only if it says so", () => {
    const { nodes } = baseline(modelFleet(60, 3));
    const shared = nodes.some(({ pods }) => new Set(pods).size > 1);
    expect(shared).toBe(baseline === firstFit);
  });
});
