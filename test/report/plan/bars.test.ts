import fc from "fast-check";
import { expect, test } from "vitest";
import { memoryBar, shareBar } from "../../../report/plan/bars.ts";

const shares = {
  capacity: 22_888,
  budget: 19_455,
  weights: 5400,
  activations: 600,
  graphs: 900,
  runtime: 600,
  kvCache: 11_955,
};

test("of 22.4 GiB, 5.3 are weights, 2.1 overhead, 11.7 cache and 3.4 not the engine's: 16 marks share them out", () => {
  expect(memoryBar(shares, 16)).toBe("████▓▓░░░░░░░░··");
});

test("nothing that is there is too small to be seen", () => {
  expect(memoryBar({ ...shares, weights: 1 }, 16)).toMatch(/^█▓+░+·+$/);
});

test("a bar always has its width", () => {
  const amount = fc.double({ min: 0, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(
      fc.record({
        capacity: amount,
        budget: amount,
        weights: amount.filter((weights) => weights > 0),
        activations: amount,
        graphs: amount,
        runtime: amount,
        kvCache: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      }),
      fc.integer({ min: 4, max: 80 }),
      (parts, width) => {
        expect(memoryBar(parts, width)).toHaveLength(width);
      },
    ),
    { numRuns: 2000 },
  );
});

test("a share of a budget fills its bar, and an excess doesn't overflow it", () => {
  expect(shareBar(0, 10)).toBe("░░░░░░░░░░");
  expect(shareBar(0.79, 10)).toBe("████████░░");
  expect(shareBar(1.4, 10)).toBe("██████████");
});
