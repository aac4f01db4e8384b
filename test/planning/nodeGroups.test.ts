import { describe, expect, test } from "vitest";
import { planNodeGroups } from "../../planning/nodeGroups.ts";
import { offersOf } from "../../planning/placement/offers.ts";
import type { Demand, PlacedNode, Workload } from "../../planning/placement/problem.ts";
import { type CapacitySpec, capacitySchema } from "../../spec/capacity.ts";

const zones = ["us-east-1a", "us-east-1b"] as const;
const reservation = "cr-0123456789abcdef0";
const capacity: CapacitySpec = capacitySchema.parse({
  reservations: [{ id: reservation, instanceType: "p5.48xlarge", count: 2, zone: "us-east-1b" }],
});
const offers = offersOf({ region: "us-east-1", zones, capacity });

function workload(name: string, demand: Partial<Demand>, more: Partial<Workload> = {}): Workload {
  return {
    name,
    role: demand.gpu ? "gpu" : "cpu",
    replicas: 1,
    spread: "none",
    purchase: ["reservation", "spot", "on-demand"],
    options: [
      {
        id: "pod",
        demand: { gpu: undefined, gpus: 0, milliCpus: 1000, memoryMiB: 1024, diskGiB: 1, ...demand },
        needs: [],
        penalty: 0,
      },
    ],
    ...more,
  };
}

const workloads = [
  workload("chat", { gpu: "L4", gpus: 1, diskGiB: 6 }),
  workload("web", { diskGiB: 3 }),
  workload("add-on", {}, { role: "system" }),
  workload("big", { gpu: "H100", gpus: 8 }),
  workload("vectors", {}, { role: "vectors", purchase: ["on-demand"] }),
];

function groupsOf(nodes: readonly PlacedNode[], prod = false) {
  return planNodeGroups({ nodes, offers, workloads }, { region: "us-east-1", prod, capacity });
}

const on = (offer: string, ...pods: string[]): PlacedNode => ({ offer, zone: "us-east-1a", pods });

describe("node groups", () => {
  test("are one per role and offer, in the order of their names, whatever the order of nodes", () => {
    const nodes = [
      on("m7i.large/spot", "web"),
      on("m7i.large/spot", "add-on"),
      on("g6.xlarge/spot", "chat"),
      on("m7i.large/spot", "web"),
    ];
    const groups = groupsOf(nodes);
    expect(groups.map(({ name, pods, size }) => [name, size.planned, pods])).toEqual([
      ["cpu-m7i-large-spot", 2, { web: 2 }],
      ["gpu-l4-g6-xlarge-spot", 1, { chat: 1 }],
      ["system-m7i-large-spot", 1, { "add-on": 1 }],
    ]);
    expect(groupsOf(nodes.toReversed())).toEqual(groups);
  });

  test("start from zero but for the system's, which carries what starts the others; in prod none goes below its plan", () => {
    const nodes = [on("m7i.large/spot", "add-on"), on("g6.xlarge/spot", "chat")];
    expect(groupsOf(nodes).map(({ size }) => size)).toEqual([
      { min: 0, planned: 1, max: 3 },
      { min: 1, planned: 1, max: 3 },
    ]);
    expect(groupsOf(nodes, true).map(({ size }) => size.min)).toEqual([1, 1]);
  });

  test("have room for as many replicas as load may ask for, and let go of those that it doesn't", () => {
    const chat = (scaling: Workload["scaling"], more: Partial<Workload> = {}) =>
      planNodeGroups(
        {
          nodes: [on("g6.xlarge/spot", "chat"), on("g6.xlarge/spot", "chat"), on("g6.xlarge/spot", "chat")],
          offers,
          workloads: [workload("chat", { gpu: "L4", gpus: 1 }, { replicas: 3, scaling, ...more })],
        },
        { region: "us-east-1", prod: true, capacity },
      )[0]?.size;
    expect(chat(undefined)).toEqual({ min: 3, planned: 3, max: 5 });
    expect(chat({ least: 1, most: 7 })).toEqual({ min: 1, planned: 3, max: 9 });
    expect(chat({ least: 3, most: 4 })).toEqual({ min: 3, planned: 3, max: 6 });
    // Small ones share nodes: four more of the adapter's kind need one.
    const web = workload("web", { milliCpus: 250, memoryMiB: 128 }, { scaling: { least: 1, most: 5 } });
    const placed = { nodes: [on("m7i.large/spot", "web")], offers, workloads: [web] };
    expect(planNodeGroups(placed, { region: "us-east-1", prod: false, capacity })[0]?.size.max).toBe(4);
  });

  test("on a reservation never grow past it, stay in its zone, and are counted at what it costs", () => {
    const [group] = groupsOf([on(`p5.48xlarge/reservation/${reservation}`, "big")]);
    expect(group).toMatchObject({
      reservation,
      zones: ["us-east-1b"],
      size: { planned: 1, max: 2 },
      usdPerHour: 55.04,
      fallbacks: ["spot", "on-demand"],
    });
  });

  test("on spot name other types with the same GPUs and at least the room, so that one empty pool stops nothing", () => {
    const [group] = groupsOf([on("g6.xlarge/spot", "chat")]);
    expect(group?.instanceTypes[0]).toBe("g6.xlarge");
    expect(group?.instanceTypes.length).toBeGreaterThan(1);
    for (const name of group?.instanceTypes ?? []) expect(name).toMatch(/^gr?6\.\d*xlarge$/);
    expect(groupsOf([on("g6.xlarge/on-demand", "chat")])[0]?.instanceTypes).toEqual(["g6.xlarge"]);
  });

  test("keep others off nodes with GPUs, and off those of vectors", () => {
    const nodes = [
      on("g6.xlarge/spot", "chat"),
      on("i4i.large/on-demand", "vectors"),
      on("m7i.large/spot", "web"),
    ];
    expect(
      Object.fromEntries(groupsOf(nodes).map(({ role, taints }) => [role, taints.map(({ key }) => key)])),
    ).toEqual({
      gpu: ["nvidia.com/gpu"],
      vectors: ["ai-platform/role"],
      cpu: [],
    });
  });

  test("have a root volume for images, and for what pods keep where there is no instance store, in steps of 10: 50 + 2 x 3", () => {
    const nodes = [on("g6.xlarge/spot", "chat"), on("m7i.large/spot", "web", "web")];
    expect(
      groupsOf(nodes).map(({ instanceStore, role, rootDiskGiB }) => [role, instanceStore, rootDiskGiB]),
    ).toEqual([
      ["cpu", false, 60],
      ["gpu", true, 100],
    ]);
  });

  test("of every instance type have a name that a label can hold", () => {
    for (const { id } of offers) {
      const [group] = groupsOf([on(id, "chat")]);
      expect(group?.name).toMatch(/^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/);
    }
  });
});
