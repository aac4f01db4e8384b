import { describe, expect, test } from "vitest";
import { place } from "../../../planning/placement/place.ts";
import type {
  Demand,
  Offer,
  Option,
  PlacementProblem,
  Workload,
} from "../../../planning/placement/problem.ts";

const offer: Offer = {
  id: "g6.xlarge/on-demand",
  instanceType: "g6.xlarge",
  roles: ["gpu"],
  purchase: "on-demand",
  zones: ["a", "b"],
  limit: undefined,
  usdPerHour: 0.8,
  room: { gpu: "L4", gpus: 1, milliCpus: 3700, memoryMiB: 14_745, diskGiB: 230 },
  pods: 18,
  features: [],
};
const reserved: Offer = {
  ...offer,
  id: "p5.48xlarge/reservation/cr-1",
  instanceType: "p5.48xlarge",
  purchase: "reservation",
  zones: ["a"],
  limit: 2,
  usdPerHour: 0,
  room: { gpu: "H100", gpus: 8, milliCpus: 190_000, memoryMiB: 1_900_000, diskGiB: 28_000 },
};
const optionOf = (id: string, demand: Partial<Demand>, needs: Option["needs"] = []): Option => ({
  id,
  demand: { gpu: "L4", gpus: 1, milliCpus: 2000, memoryMiB: 7168, diskGiB: 10, ...demand },
  needs,
  penalty: 0,
});
const workloadOf = (option: Option, more: Partial<Workload> = {}): Workload => ({
  name: "chat",
  role: "gpu",
  replicas: 1,
  spread: "none",
  purchase: ["reservation", "on-demand"],
  options: [option],
  ...more,
});
const problemOf = (...workloads: Workload[]): PlacementProblem => ({
  workloads,
  offers: [offer, reserved],
  zones: ["a", "b"],
  previous: new Map(),
});

async function reasonFor(workload: Workload): Promise<string | undefined> {
  const { unplaceable } = await place(problemOf(workload));
  return unplaceable[0]?.reason;
}

describe("a workload that can't be placed is told", () => {
  test.each<[string, Workload, string]>([
    [
      "that nobody sells nodes in its way",
      workloadOf(optionOf("1xL4", {}), { purchase: ["spot"] }),
      "no node for role gpu can be bought as spot",
    ],
    [
      "that its GPU is not on offer",
      workloadOf(optionOf("1xB200", { gpu: "B200" })),
      "no offer has B200 in a, b",
    ],
    [
      "that its feature is not on offer",
      workloadOf(optionOf("1xL4", {}, ["efa"])),
      "no offer with L4 has efa",
    ],
    [
      "how much memory it lacks: 17 GiB on nodes with 14.4",
      workloadOf(optionOf("1xL4", { memoryMiB: 17_408 })),
      "needs 17 GiB of memory on one node, the biggest with L4 has 14.4 GiB of memory free",
    ],
    [
      "how many GPUs it lacks",
      workloadOf(optionOf("4xL4", { gpus: 4 })),
      "needs 4 GPUs on one node, the biggest with L4 has 1 GPU free",
    ],
    [
      "that its zones have too few offers",
      workloadOf(optionOf("8xH100", { gpu: "H100", gpus: 8 }), { replicas: 2, spread: "zone" }),
      "replicas must stand in 2 zones, and what carries them is only in a",
    ],
    [
      "that too few nodes are reserved",
      workloadOf(optionOf("1xH100", { gpu: "H100" }), { replicas: 3, spread: "node" }),
      "3 nodes needed, one for each replica; p5.48xlarge/reservation/cr-1 has 2",
    ],
    [
      "of several options the one that came closest",
      workloadOf(optionOf("1xB200", { gpu: "B200" }), {
        options: [optionOf("1xB200", { gpu: "B200" }), optionOf("1xL4", { diskGiB: 300 })],
      }),
      "1xL4, which comes closest: needs 300 GiB of disk on one node, the biggest with L4 has 230 GiB of disk free",
    ],
  ])("%s", async (_, workload, reason) => {
    expect(await reasonFor(workload)).toBe(reason);
  });

  test("that others took what it needs: three of 8 H100 on two reserved nodes, the third by name goes without", async () => {
    const all = ["a", "b", "c"].map((name) =>
      workloadOf(optionOf("8xH100", { gpu: "H100", gpus: 8 }), { name }),
    );
    const { options, unplaceable } = await place(problemOf(...all));
    expect([...options.keys()]).toEqual(["a", "b"]);
    expect(unplaceable).toEqual([
      {
        workload: "c",
        reason: "all nodes that may carry it are taken by others: p5.48xlarge/reservation/cr-1 has 2",
      },
    ]);
  });
});
