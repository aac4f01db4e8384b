import { describe, expect, test } from "vitest";
import type {
  Offer,
  PlacedNode,
  Placement,
  PlacementProblem,
  Workload,
} from "../../../planning/placement/problem.ts";
import { violations } from "../../../planning/placement/verify.ts";

const demand = { gpu: "L4", gpus: 1, milliCpus: 2000, memoryMiB: 7168, diskGiB: 10 };
const offer: Offer = {
  id: "g6.12xlarge/on-demand",
  instanceType: "g6.12xlarge",
  roles: ["gpu"],
  purchase: "on-demand",
  zones: ["a", "b"],
  limit: 2,
  usdPerHour: 4,
  room: { gpu: "L4", gpus: 4, milliCpus: 47_000, memoryMiB: 180_000, diskGiB: 3500 },
  pods: 4,
  features: [],
};
const chat: Workload = {
  name: "chat",
  role: "gpu",
  replicas: 2,
  spread: "zone",
  purchase: ["on-demand"],
  options: [{ id: "1xL4", demand, needs: [], penalty: 0.5 }],
};
const problem: PlacementProblem = {
  workloads: [chat],
  offers: [offer, { ...offer, id: "other/spot", instanceType: "other", purchase: "spot", limit: undefined }],
  zones: ["a", "b"],
  previous: new Map([["chat", { option: "1xL4", offers: ["other/spot"], moveCost: 1 }]]),
};
const node = (zone: string, pods: string[], offer = "g6.12xlarge/on-demand"): PlacedNode => ({
  offer,
  zone,
  pods,
});
/** Two nodes for 8, two penalties of 0.5, a move for 1. */
const placement: Placement = {
  options: new Map([["chat", "1xL4"]]),
  nodes: [node("a", ["chat"]), node("b", ["chat"])],
  usdPerHour: 8,
  lowerBound: 10,
  gap: 0,
  limited: false,
  unplaceable: [],
};
const faults = (changed: Partial<Placement>, workload: Partial<Workload> = {}) =>
  violations({ ...problem, workloads: [{ ...chat, ...workload }] }, { ...placement, ...changed });

describe("a placement that is checked", () => {
  test("and keeps every rule has no faults", () => {
    expect(faults({})).toEqual([]);
  });

  test.each<[string, RegExp, Partial<Placement>, Partial<Workload>?]>([
    ["has too few pods", /1 pods for 2 replicas/, { nodes: [node("a", ["chat"])], usdPerHour: 4 }],
    ["has an empty node", /empty/, { nodes: [...placement.nodes, node("a", [])] }],
    ["uses more nodes than there are", /3 nodes, limit 2/, { nodes: [...placement.nodes, node("a", [])] }],
    [
      "uses an offer that is not there",
      /no such offer/,
      { nodes: [node("a", ["chat"], "x"), node("b", ["chat"])] },
    ],
    [
      "uses a zone without the offer",
      /not offered there/,
      { nodes: [node("c", ["chat"]), node("b", ["chat"])] },
    ],
    [
      "buys in a way that the workload may not",
      /may not use other\/spot/,
      { nodes: [node("a", ["chat"], "other/spot"), node("b", ["chat"])] },
    ],
    [
      "has replicas on one node that may not meet",
      /two replicas on one node/,
      { nodes: [node("a", ["chat", "chat"])], usdPerHour: 4 },
    ],
    ["is uneven over zones", /2, 0 replicas by zone/, { nodes: [node("a", ["chat"]), node("a", ["chat"])] }],
    [
      "takes more GPUs than there are",
      /5 gpus used of 4/,
      { nodes: [node("a", Array(5).fill("chat"))], usdPerHour: 4 },
      { replicas: 5, spread: "none" },
    ],
    [
      "takes more pods than a node may have",
      /5 pods, room for 4/,
      { nodes: [node("a", Array(5).fill("chat"))], usdPerHour: 4 },
      { replicas: 5, spread: "none" },
    ],
    ["has no option", /neither placed nor unplaceable/, { options: new Map() }],
    ["has an option that is none", /no option 2xL4/, { options: new Map([["chat", "2xL4"]]) }],
    [
      "is placed and refused",
      /both placed and unplaceable/,
      { unplaceable: [{ workload: "chat", reason: "" }] },
    ],
    ["adds up wrong", /nodes cost 8 an hour, not 7/, { usdPerHour: 7 }],
    ["forgets the move", /lower bound 10.5 above the cost 10/, { lowerBound: 10.5 }],
    ["hides its gap", /gap 0.5, not 0/, { lowerBound: 5 }],
  ])("and %s is found out", (_, fault, changed, workload) => {
    expect(faults(changed, workload).join("\n")).toMatch(fault);
  });

  test("and mixes roles on a node is found out", () => {
    const other: Workload = { ...chat, name: "jobs", role: "cpu", replicas: 1, spread: "none" };
    const mixed = {
      ...placement,
      options: new Map([...placement.options, ["jobs", "1xL4"]]),
      nodes: [node("a", ["chat", "jobs"]), node("b", ["chat"])],
    };
    const found = violations({ ...problem, workloads: [chat, other] }, mixed).join("\n");
    expect(found).toMatch(/pods of roles gpu and cpu/);
    expect(found).toMatch(/jobs: may not use/);
  });
});
