import { describe, expect, test } from "vitest";
import { buildFleets, type Fleet } from "../../../planning/placement/fleet/fleet.ts";
import type { Offer, Workload } from "../../../planning/placement/problem.ts";
import type { Column } from "../../../planning/placement/solver/master.ts";
import { chooseZones } from "../../../planning/placement/solver/zones.ts";

const offer: Offer = {
  id: "node/on-demand",
  instanceType: "node",
  roles: ["cpu"],
  purchase: "on-demand",
  zones: ["a", "b"],
  limit: undefined,
  usdPerHour: 1,
  room: { gpu: undefined, gpus: 0, milliCpus: 4000, memoryMiB: 15_000, diskGiB: 0 },
  pods: 30,
  features: [],
};
/** Workloads of one replica in each of two zones, all of different size, any two to a node. */
function fleetOf(count: number): Fleet {
  const workloads = Array.from({ length: count }, (_, index): Workload => {
    const demand = { gpu: undefined, gpus: 0, milliCpus: 10, memoryMiB: 7000 + index, diskGiB: 0 };
    return {
      name: `w${index}`,
      role: "cpu",
      replicas: 2,
      spread: "zone",
      purchase: ["on-demand"],
      options: [{ id: "pod", demand, needs: [], penalty: 0 }],
    };
  });
  const [fleet] = buildFleets({ workloads, offers: [offer], zones: ["a", "b"], previous: new Map() });
  if (!fleet) throw new Error("a problem without parts");
  return fleet;
}

/** Zones of nodes with one slot for each of these shapes. */
function zonesOf(
  fleet: Fleet,
  nodes: readonly { readonly shapes: readonly number[]; readonly zone?: number }[],
): number[] {
  const [host] = fleet.hosts;
  if (!host) throw new Error("a fleet without hosts");
  const columns = nodes.map(
    ({ shapes, zone }): Column => ({ host, zone, slots: shapes.map((shape) => ({ shape, count: 1 })) }),
  );
  const decision = {
    ways: fleet.groups.map(() => [1]),
    nodes: columns.map((column) => ({ column, count: 1 })),
  };
  return chooseZones(fleet, decision).map(({ zone }) => zone);
}

describe("zones of nodes", () => {
  test("stay where they are decided", () => {
    expect(
      zonesOf(fleetOf(1), [
        { shapes: [0], zone: 1 },
        { shapes: [0], zone: 1 },
      ]),
    ).toEqual([1, 1]);
  });

  test("differ for replicas that are spread", () => {
    expect(zonesOf(fleetOf(1), [{ shapes: [0] }, { shapes: [0] }]).toSorted()).toEqual([0, 1]);
  });

  test("are found for a ring of four pairs, whose nodes must take turns, in whatever order they come", () => {
    const ring = [
      [0, 1],
      [2, 3],
      [1, 2],
      [3, 0],
    ];
    const orders = [
      [0, 1, 2, 3],
      [0, 2, 1, 3],
      [0, 2, 3, 1],
      [3, 2, 1, 0],
      [1, 3, 0, 2],
    ];
    for (const order of orders) {
      const zones = zonesOf(
        fleetOf(4),
        order.map((at) => ({ shapes: (ring[at] ?? []).toSorted() })),
      );
      const zoneOf = (node: number) => zones[order.indexOf(node)];
      expect([zoneOf(1), zoneOf(2), zoneOf(3)]).toEqual([
        zoneOf(0),
        1 - (zoneOf(0) ?? 0),
        1 - (zoneOf(0) ?? 0),
      ]);
    }
  });
});
