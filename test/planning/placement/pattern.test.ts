import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Fleet, Shape } from "../../../planning/placement/fleet/fleet.ts";
import { bestPattern, maximalPatterns, type Slots, shelvesOf } from "../../../planning/placement/pattern.ts";
import { propertyRuns } from "../../support/properties.ts";

const shape = fc.record({
  milliCpus: fc.nat(4),
  memoryMiB: fc.nat(4),
  gpus: fc.nat(2),
  mostPerNode: fc.integer({ min: 0, max: 4 }),
});
const nodes = fc.record({
  room: fc.record({
    milliCpus: fc.integer({ min: 1, max: 12 }),
    memoryMiB: fc.integer({ min: 1, max: 12 }),
    gpus: fc.integer({ min: 1, max: 4 }),
  }),
  pods: fc.integer({ min: 1, max: 6 }),
  shapes: fc.array(shape, { minLength: 1, maxLength: 4 }),
  worth: fc.array(fc.nat(5), { minLength: 4, maxLength: 4 }),
});
type Node = typeof nodes extends fc.Arbitrary<infer Value> ? Value : never;

function shelfOf({ pods, room, shapes }: Node) {
  const gpu = "L4";
  const fleet: Fleet = {
    zones: ["a"],
    hosts: [
      {
        index: 0,
        role: "gpu",
        zones: [0],
        floats: false,
        offer: {
          id: "node/on-demand",
          instanceType: "node",
          roles: ["gpu"],
          purchase: "on-demand",
          zones: ["a"],
          limit: undefined,
          usdPerHour: 1,
          room: { ...room, gpu, diskGiB: 0 },
          pods,
          features: [],
        },
      },
    ],
    shapes: shapes.map(
      ({ mostPerNode, ...amounts }, index): Shape => ({
        index,
        demand: { ...amounts, gpu, diskGiB: 0 },
        hosts: [0],
        mostPerNode,
        zoned: false,
      }),
    ),
    kinds: [],
    groups: [],
  };
  const [shelf] = shelvesOf(fleet);
  if (!shelf) throw new Error("a host has no shelf");
  return shelf;
}

/** Counts by shape of every pattern that the node has room for. */
function allPatterns({ pods, room, shapes }: Node): number[][] {
  let patterns: number[][] = [[]];
  for (const { mostPerNode } of shapes) {
    patterns = patterns.flatMap((counts) =>
      Array.from({ length: mostPerNode + 1 }, (_, count) => [...counts, count]),
    );
  }
  const used = (counts: number[], resource: "gpus" | "milliCpus" | "memoryMiB") =>
    counts.reduce((sum, count, at) => sum + count * (shapes[at]?.[resource] ?? 0), 0);
  return patterns.filter(
    (counts) =>
      counts.reduce((sum, count) => sum + count, 0) <= pods &&
      (["gpus", "milliCpus", "memoryMiB"] as const).every(
        (resource) => used(counts, resource) <= room[resource],
      ),
  );
}

const worthOf = (counts: readonly number[], worth: readonly number[]) =>
  counts.reduce((sum, count, at) => sum + count * (worth[at] ?? 0), 0);
const countsOf = (slots: Slots, shapes: number) =>
  Array.from({ length: shapes }, (_, at) => slots.find(({ shape }) => shape === at)?.count ?? 0);

describe("what one node carries", () => {
  test("at best is what trying every pattern finds", () => {
    fc.assert(
      fc.property(nodes, (node) => {
        const most = Math.max(...allPatterns(node).map((counts) => worthOf(counts, node.worth)));
        const { bound, slots } = bestPattern(shelfOf(node), Float64Array.from(node.worth), 0, 1e6);
        expect(bound).toBeCloseTo(most, 9);
        if (most === 0) return;
        const found = countsOf(slots ?? [], node.shapes.length);
        expect(allPatterns(node)).toContainEqual(found);
        expect(worthOf(found, node.worth)).toBe(most);
      }),
      { numRuns: propertyRuns(1000) },
    );
  });

  test("is bounded from above also when the search is cut short", () => {
    fc.assert(
      fc.property(nodes, fc.integer({ min: 0, max: 12 }), (node, steps) => {
        const most = Math.max(...allPatterns(node).map((counts) => worthOf(counts, node.worth)));
        const { bound } = bestPattern(shelfOf(node), Float64Array.from(node.worth), 0, steps);
        expect(bound).toBeGreaterThanOrEqual(most - 1e-9);
      }),
      { numRuns: propertyRuns(1000) },
    );
  });

  test("to the full is every pattern that no pod can be added to", () => {
    fc.assert(
      fc.property(nodes, fc.nat(10), (node, least) => {
        const patterns = allPatterns(node);
        const keys = new Set(patterns.map(String));
        const maximal = patterns.filter(
          (counts) =>
            worthOf(counts, node.worth) >= least &&
            counts.every(
              (_, at) => !keys.has(String(counts.map((count, other) => count + (other === at ? 1 : 0)))),
            ),
        );
        const found = maximalPatterns(shelfOf(node), Float64Array.from(node.worth), least, 1e6, 1e6) ?? [];
        const sorted = (list: readonly number[][]) => list.map(String).toSorted();
        expect(sorted(found.map((slots) => countsOf(slots, node.shapes.length)))).toEqual(sorted(maximal));
      }),
      { numRuns: propertyRuns(1000) },
    );
  });
});
