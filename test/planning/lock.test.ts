import { describe, expect, test } from "vitest";
import { LockError, lockOf, parsePlacementLock, previousChoices } from "../../planning/lock.ts";
import { offersOf } from "../../planning/placement/offers.ts";
import type { Placement, Workload } from "../../planning/placement/problem.ts";
import { capacitySchema } from "../../spec/capacity.ts";

const placement: Placement = {
  options: new Map([
    ["web", "pod"],
    ["chat", "1xL4/awq"],
  ]),
  nodes: [
    { offer: "m7i.large/spot", zone: "us-east-1b", pods: ["web"] },
    { offer: "g6.xlarge/spot", zone: "us-east-1a", pods: ["chat", "chat"] },
    { offer: "c7i.large/spot", zone: "us-east-1a", pods: ["web"] },
  ],
  usdPerHour: 1,
  lowerBound: 1,
  gap: 0,
  limited: false,
  unplaceable: [],
};

const chat: Workload = {
  name: "chat",
  role: "gpu",
  replicas: 2,
  spread: "none",
  purchase: ["on-demand"],
  options: [
    {
      id: "1xL4/awq",
      demand: { gpu: "L4", gpus: 1, milliCpus: 2000, memoryMiB: 7168, diskGiB: 6 },
      needs: [],
      penalty: 0,
    },
  ],
};
const offers = offersOf({ region: "us-east-1", zones: ["us-east-1a"], capacity: capacitySchema.parse({}) });
const lock = { placements: { chat: { option: "1xL4/awq", offers: ["g6.xlarge/on-demand"] } } };

describe("the choices in force", () => {
  test("are kept by name, each with the offers it stands on", () => {
    expect(lockOf(placement)).toEqual({
      placements: {
        chat: { option: "1xL4/awq", offers: ["g6.xlarge/spot"] },
        web: { option: "pod", offers: ["c7i.large/spot", "m7i.large/spot"] },
      },
    });
    expect(Object.keys(lockOf(placement).placements)).toEqual(["chat", "web"]);
  });

  test("are read again as they were written", () => {
    const kept = lockOf(placement);
    expect(parsePlacementLock(JSON.stringify(kept), "stacks/dev.placement.json")).toEqual(kept);
  });

  test("cost to leave: 0.1 of 2 replicas on g6.xlarge at $0.8048 is $0.16096", () => {
    expect(previousChoices(lock, [chat], offers, 0.1).get("chat")?.moveCost).toBeCloseTo(0.16096, 10);
  });

  test("cost nothing to leave without stability, where the option is gone, and for what is new", () => {
    expect(previousChoices(lock, [chat], offers, 0).size).toBe(0);
    expect(previousChoices(lock, [{ ...chat, name: "new" }], offers, 0.1).size).toBe(0);
    const gone = { placements: { chat: { option: "1xA10G/awq", offers: ["g5.xlarge/on-demand"] } } };
    expect(previousChoices(gone, [chat], offers, 0.1).size).toBe(0);
  });
});

test.each([
  ["no JSON", "{", /^f is no JSON: /],
  [
    "no lock",
    '{"placements":{"chat":{"option":1}}}',
    /^f is no placement lock:\n[\s\S]*placements.chat.option/,
  ],
])("a file that is %s is refused with what is wrong", (_, text, message) => {
  expect(() => parsePlacementLock(text, "f")).toThrow(LockError);
  expect(() => parsePlacementLock(text, "f")).toThrow(message);
});
