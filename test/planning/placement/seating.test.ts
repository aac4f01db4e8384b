import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Packing } from "../../../planning/placement/packing.ts";
import type { Offer, Workload } from "../../../planning/placement/problem.ts";
import { type Chosen, type Slot, seat } from "../../../planning/placement/solver/seating.ts";
import { propertyRuns } from "../../support/properties.ts";

const demand = { gpu: undefined, gpus: 0, milliCpus: 1, memoryMiB: 1, diskGiB: 0 };
const option = { id: "pod", demand, needs: [], penalty: 0 };
const zones = ["a", "b", "c"];
const offer: Offer = {
  id: "node",
  instanceType: "node",
  roles: ["cpu"],
  purchase: "on-demand",
  zones: ["a", "b", "c"],
  limit: undefined,
  usdPerHour: 1,
  room: { ...demand, milliCpus: 100, memoryMiB: 100 },
  pods: 100,
  features: [],
};

const cases = fc.record({
  workloads: fc.array(
    fc.record({
      replicas: fc.integer({ min: 1, max: 5 }),
      spread: fc.constantFrom<Workload["spread"]>("none", "node", "zone"),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  slots: fc.array(fc.record({ zone: fc.nat(2), count: fc.integer({ min: 1, max: 4 }) }), { maxLength: 6 }),
});
type Case = typeof cases extends fc.Arbitrary<infer Value> ? Value : never;

function build({ slots, workloads }: Case): { readonly users: Chosen[]; readonly slots: Slot[] } {
  const packing = new Packing(zones);
  return {
    users: workloads.map((shape, index): Chosen => {
      const name = `w${index}`;
      const workload: Workload = { ...shape, name, role: "cpu", purchase: ["on-demand"], options: [option] };
      return { workload, option, group: index, way: 0 };
    }),
    slots: slots.flatMap(({ count, zone }) => {
      const node = packing.open(offer, "cpu", zone);
      return node ? [{ node, zone, count }] : [];
    }),
  };
}

function isEven(inZones: readonly (number | undefined)[]): boolean {
  const counts = zones.map((_, zone) => inZones.filter((at) => at === zone).length);
  return Math.max(...counts) - Math.min(...counts) <= 1;
}

/** Whether every pod finds a slot, by trying everything. */
function canSeat({ slots, workloads }: Case): boolean {
  const free = slots.map(({ count }) => count);
  const workload = (index: number): boolean => {
    const next = workloads[index];
    if (!next) return true;
    const put = (left: number, from: number, on: readonly number[]): boolean => {
      if (left === 0)
        return (next.spread !== "zone" || isEven(on.map((at) => slots[at]?.zone))) && workload(index + 1);
      for (let at = from; at < free.length; at++) {
        if ((free[at] ?? 0) === 0 || (next.spread !== "none" && on.includes(at))) continue;
        free[at] = (free[at] ?? 0) - 1;
        const done = put(left - 1, at, [...on, at]);
        free[at] = (free[at] ?? 0) + 1;
        if (done) return true;
      }
      return false;
    };
    return put(next.replicas, 0, []);
  };
  return workload(0);
}

describe("pods of one shape", () => {
  test("all find seats exactly when trying everything finds seats, and then stand as they may", () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        const { slots, users } = build(drawn);
        const { seats, shortage } = seat(users, slots, zones.length);
        expect(shortage === undefined).toBe(canSeat(drawn));
        for (const { count, node } of slots) {
          expect(seats.filter((taken) => taken.node === node).length).toBeLessThanOrEqual(count);
        }
        for (const chosen of users) {
          const nodes = seats.filter((taken) => taken.chosen === chosen).map(({ node }) => node);
          const { replicas, spread } = chosen.workload;
          if (!shortage) expect(nodes.length).toBe(replicas);
          if (spread !== "none") expect(new Set(nodes).size).toBe(nodes.length);
          if (spread !== "zone") continue;
          if (!shortage) expect(isEven(nodes.map(({ zone }) => zone))).toBe(true);
        }
      }),
      { numRuns: propertyRuns(1000) },
    );
  });

  test("that find no seats are told what they lack: more than the nodes can take of them", () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        const { slots, users } = build(drawn);
        const { shortage } = seat(users, slots, zones.length);
        if (!shortage) return;
        const needed = [...shortage.needs.values()].reduce((sum, need) => sum + need, 0);
        const takes = slots.reduce(
          (sum, { count, zone }) => sum + Math.min(count, shortage.atMost[zone] ?? 0),
          0,
        );
        expect(needed).toBeGreaterThan(takes);
      }),
      { numRuns: propertyRuns(1000) },
    );
  });

  test("of three workloads with two replicas apart need sum(min(slots, 3)) >= 6: 3+3 do, 4+2 do not", () => {
    const three = Array.from({ length: 3 }, () => ({ replicas: 2, spread: "node" as const }));
    const seated = (...counts: number[]) => {
      const { slots, users } = build({
        workloads: three,
        slots: counts.map((count) => ({ zone: 0, count })),
      });
      return seat(users, slots, 0).shortage;
    };
    expect(seated(3, 3)).toBeUndefined();
    const shortage = seated(4, 2);
    expect([...(shortage?.needs.values() ?? [])]).toEqual([2, 2, 2]);
    expect(shortage?.atMost).toEqual([3]);
  });
});
