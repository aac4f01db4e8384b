import { describe, expect, test } from "vitest";
import { canSpread, carries, legalOffers, podsPerNode } from "../../../planning/placement/fit.ts";
import type { Demand, Offer, Option } from "../../../planning/placement/problem.ts";

const room: Demand = { gpu: "L4", gpus: 4, milliCpus: 47_000, memoryMiB: 180_000, diskGiB: 3500 };
const offerOf = (instanceType: string, purchase: Offer["purchase"], limit?: number): Offer => ({
  id: `${instanceType}/${purchase}`,
  instanceType,
  roles: ["gpu"],
  purchase,
  zones: ["a", "b"],
  limit,
  usdPerHour: 1,
  room,
  pods: 30,
  features: ["nvme"],
});
const optionOf = (demand: Partial<Demand>, needs: Option["needs"] = []): Option => ({
  id: "1xL4",
  demand: { ...room, gpus: 1, milliCpus: 2000, memoryMiB: 7168, diskGiB: 10, ...demand },
  needs,
  penalty: 0,
});

describe("offers that a workload may use", () => {
  const offers = [
    offerOf("g6", "on-demand"),
    offerOf("g6", "spot"),
    offerOf("g6", "reservation", 2),
    offerOf("p5", "on-demand"),
    offerOf("p5", "reservation", 1),
    offerOf("p5", "capacity-block", 1),
  ];
  const legal = (purchase: Offer["purchase"][], role: "gpu" | "cpu" = "gpu") =>
    legalOffers({ purchase, role }, offers).map(({ id }) => id);

  test("are, of each instance type, the first way to buy that is offered", () => {
    expect(legal(["spot", "on-demand"])).toEqual(["g6/spot", "p5/on-demand"]);
    expect(legal(["on-demand", "spot"])).toEqual(["g6/on-demand", "p5/on-demand"]);
  });

  test("go on after ways with a limit, up to one without", () => {
    expect(legal(["reservation", "capacity-block", "on-demand", "spot"])).toEqual([
      "g6/reservation",
      "g6/on-demand",
      "p5/reservation",
      "p5/capacity-block",
      "p5/on-demand",
    ]);
  });

  test("leave out ways that it does not list, and other roles", () => {
    expect(legal(["reservation"])).toEqual(["g6/reservation", "p5/reservation"]);
    expect(legal(["on-demand"], "cpu")).toEqual([]);
  });
});

describe("a node", () => {
  const offer = offerOf("g6", "on-demand");

  test.each<[string, Option, boolean]>([
    ["what fits", optionOf({}), true],
    ["what fits exactly", optionOf(room), true],
    ["more memory than it has", optionOf({ memoryMiB: 180_001 }), false],
    ["more disk than it has", optionOf({ diskGiB: 3501 }), false],
    ["another kind of GPU", optionOf({ gpu: "H100" }), false],
    ["no GPU", optionOf({ gpu: undefined, gpus: 0 }), true],
    ["a feature that it has", optionOf({}, ["nvme"]), true],
    ["a feature that it lacks", optionOf({}, ["nvme", "efa"]), false],
  ])("of 4 L4 asked for %s", (_, option, expected) => {
    expect(carries(offer, option)).toBe(expected);
  });

  test.each<[string, Demand, number]>([
    ["4 of 1 GPU each", optionOf({}).demand, 4],
    ["23 of 2 CPUs: floor(47 / 2)", optionOf({ gpus: 0 }).demand, 23],
    [
      "30 that take next to nothing, as many as it may have",
      optionOf({ gpus: 0, milliCpus: 1, memoryMiB: 1 }).demand,
      30,
    ],
  ])("carries %s", (_, demand, expected) => {
    expect(podsPerNode(demand, offer)).toBe(expected);
  });
});

describe("replicas that may not meet", () => {
  const zones = ["a", "b", "c"];
  const two = { ...offerOf("g6", "reservation", 2) };

  test.each<[string, number, "none" | "node" | "zone", readonly Offer[], boolean]>([
    ["3 on nodes of which there are 2", 3, "node", [two], false],
    ["2 on nodes of which there are 2", 2, "node", [two], true],
    ["3 together on nodes of which there are 2", 3, "none", [two], true],
    ["3 over 3 zones of which 2 have nodes", 3, "zone", [offerOf("g6", "on-demand")], false],
    ["2 over 3 zones of which 2 have nodes", 2, "zone", [offerOf("g6", "on-demand")], true],
    ["1 without any node", 1, "none", [], false],
  ])("%s", (_, replicas, spread, offers, expected) => {
    expect(canSpread({ replicas, spread }, offers, zones)).toBe(expected);
  });
});
