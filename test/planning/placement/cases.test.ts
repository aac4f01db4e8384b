import { describe, expect, test } from "vitest";
import { costOf } from "../../../planning/placement/cost.ts";
import { place } from "../../../planning/placement/place.ts";
import type { Demand, Offer, PlacementProblem, Workload } from "../../../planning/placement/problem.ts";
import { violations } from "../../../planning/placement/verify.ts";

const offer = (id: string, usdPerHour: number, room: Partial<Demand>, more: Partial<Offer> = {}): Offer => ({
  id: `${id}/on-demand`,
  instanceType: id,
  roles: ["gpu"],
  purchase: "on-demand",
  zones: ["a", "b"],
  limit: undefined,
  usdPerHour,
  room: { gpu: "L4", gpus: 1, milliCpus: 8000, memoryMiB: 16_000, diskGiB: 100, ...room },
  pods: 30,
  features: [],
  ...more,
});
const workload = (
  name: string,
  demands: readonly [Partial<Demand>, ...Partial<Demand>[]],
  more: Partial<Workload> = {},
): Workload => {
  const [first, ...others] = demands.map((demand, index) => ({
    id: `option${index}`,
    demand: { gpu: "L4", gpus: 1, milliCpus: 1000, memoryMiB: 4000, diskGiB: 1, ...demand },
    needs: [],
    penalty: 0,
  }));
  if (!first) throw new Error("a workload without options");
  return {
    name,
    role: "gpu",
    replicas: 1,
    spread: "none",
    purchase: ["reservation", "on-demand"],
    options: [first, ...others],
    ...more,
  };
};

async function placed(workloads: Workload[], offers: Offer[], zones: PlacementProblem["zones"] = ["a", "b"]) {
  const problem: PlacementProblem = { workloads, offers, zones, previous: new Map() };
  const placement = await place(problem);
  expect(violations(problem, placement)).toEqual([]);
  expect(placement.unplaceable).toEqual([]);
  expect(placement.gap).toBeLessThan(1e-6);
  return { cost: costOf(problem, placement).total, placement };
}

describe("the cheapest nodes", () => {
  test("for one model of 1 L40S at 1.86 or 4 of 8 A10G at 11.34 are the L40S, for two of them with the A10G at 3 those", async () => {
    const either = (name: string) => workload(name, [{ gpu: "L40S" }, { gpu: "A10G", gpus: 4 }]);
    const l40s = offer("g6e.xlarge", 1.86, { gpu: "L40S" });
    const a10g = (usd: number) => offer("g5.48xlarge", usd, { gpu: "A10G", gpus: 8 });
    expect((await placed([either("one")], [l40s, a10g(11.34)])).cost).toBeCloseTo(1.86, 9);
    const two = await placed([either("one"), either("two")], [l40s, a10g(3)]);
    expect(two.cost).toBeCloseTo(3, 9);
    expect([...two.placement.options.values()]).toEqual(["option1", "option1"]);
  });

  test("for three pairs, each in both zones and two pods to a node, are four: with three, two pairs of a zone would meet", async () => {
    // Nodes with pods of pairs xy, yz and zx would need three zones: neighbours in an odd cycle can't take turns.
    const memory = { x: 7000, y: 7200, z: 7400 };
    const pairs = Object.entries(memory).map(([name, memoryMiB]) =>
      workload(name, [{ gpu: undefined, gpus: 0, memoryMiB }], { replicas: 2, spread: "zone" }),
    );
    const { cost } = await placed(pairs, [offer("m7i.large", 1, { memoryMiB: 15_000 })]);
    expect(cost).toBeCloseTo(4, 9);
    const apart = pairs.map((pair): Workload => ({ ...pair, spread: "node" }));
    expect((await placed(apart, [offer("m7i.large", 1, { memoryMiB: 15_000 })])).cost).toBeCloseTo(3, 9);
  });

  test("for 2 x 2 replicas apart on nodes with 8 slots are two, though one has room for all", async () => {
    const chat = (name: string) => workload(name, [{}], { replicas: 2, spread: "node" });
    const { placement } = await placed(
      [chat("a"), chat("b")],
      [offer("g6.48xlarge", 13, { gpus: 8, memoryMiB: 200_000 })],
    );
    expect(placement.nodes.map(({ pods }) => pods)).toEqual([
      ["a", "b"],
      ["a", "b"],
    ]);
  });

  test("use what is reserved before anything is bought, and go on beyond it: 2 of 3 on the reservation", async () => {
    const offers = [
      offer(
        "p5",
        0,
        { gpu: "H100" },
        { id: "p5/reservation", purchase: "reservation", limit: 2, zones: ["a"] },
      ),
      offer("p5", 7, { gpu: "H100" }),
    ];
    const { cost, placement } = await placed([workload("chat", [{ gpu: "H100" }], { replicas: 3 })], offers);
    expect(cost).toBeCloseTo(7, 9);
    expect(placement.nodes.map((node) => node.offer)).toEqual([
      "p5/on-demand",
      "p5/reservation",
      "p5/reservation",
    ]);
  });

  test("are in a dearer offer's zone where the cheaper one has none", async () => {
    const offers = [offer("cheap", 1, {}, { zones: ["a"] }), offer("dear", 3, {})];
    const { cost } = await placed([workload("chat", [{}], { replicas: 2, spread: "zone" })], offers);
    expect(cost).toBeCloseTo(4, 9);
  });

  test("of one role never carry pods of another, though there is room", async () => {
    const roles: Offer["roles"] = ["gpu", "cpu"];
    const jobs = workload("jobs", [{ gpu: undefined, gpus: 0 }], { role: "cpu" });
    const { placement } = await placed(
      [workload("chat", [{}]), jobs],
      [offer("g6.xlarge", 1, {}, { roles })],
    );
    expect(placement.nodes.map(({ pods }) => pods)).toEqual([["chat"], ["jobs"]]);
  });
});
