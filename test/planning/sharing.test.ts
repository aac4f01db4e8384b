import fc from "fast-check";
import { expect, test } from "vitest";
import { type GpuName, gpu, gpuNames } from "../../catalog/gpus.ts";
import { findModel } from "../../catalog/models/models.ts";
import { devicePluginConfig } from "../../planning/foundation/gpuNodes.ts";
import { offersOf } from "../../planning/placement/offers.ts";
import { place } from "../../planning/placement/place.ts";
import type { PlacementProblem, Workload } from "../../planning/placement/problem.ts";
import { violations } from "../../planning/placement/verify.ts";
import { planServing } from "../../planning/serving/serving.ts";
import {
  type GpuSharing,
  resourceOf,
  seenCard,
  sharesPerCard,
  sharingOf,
  utilizationOfEach,
} from "../../planning/sharing.ts";
import { sizeModel } from "../../planning/sizing/models.ts";
import { capacitySchema } from "../../spec/capacity.ts";
import { type ModelInput, modelSchema } from "../../spec/models.ts";
import { awsSpec } from "../support/foundation.ts";
import { planned } from "../support/servingModels.ts";

/** MiB of a card that each process takes beside its budget. Source: planning/memory/vllm.ts. */
const contextMiB = 614;

test("pods that take turns are content with a card together, contexts included", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...gpuNames),
      fc.integer({ min: 2, max: 4 }),
      fc.double({ min: 0.7, max: 0.98, noNaN: true }),
      (name, replicas, utilization) => {
        const { memoryMiB } = gpu(name);
        const each = utilizationOfEach(gpu(name), { kind: "time-slicing", replicas }, utilization) ?? 0;
        expect(replicas * (each * memoryMiB + contextMiB)).toBeLessThanOrEqual(utilization * memoryMiB + 1);
        expect(each).toBeGreaterThan(0);
      },
    ),
  );
  expect(utilizationOfEach(gpu("T4"), { kind: "time-slicing", replicas: 16 }, 0.9)).toBeUndefined();
});

test("a slice by MIG has its own memory, and only cards that can be cut have slices", () => {
  const slice: GpuSharing = { kind: "mig", profile: "3g.40gb" };
  expect(seenCard(gpu("A100-80"), slice)?.memoryMiB).toBe(40_192);
  expect(utilizationOfEach(gpu("A100-80"), slice, 0.9)).toBe(0.9);
  expect([sharesPerCard(gpu("A100-80"), slice), sharesPerCard(gpu("L4"), slice)]).toEqual([2, 0]);
  expect(seenCard(gpu("L4"), slice)).toBeUndefined();
});

test.each([
  [{ mig: "1g.10gb" }, { "nvidia.com/mig-1g.10gb": "1" }, 9728, { "ai-platform/gpu-sharing": "mig-1g.10gb" }],
  [
    { timeSlicing: 4 },
    { "nvidia.com/gpu.shared": "1" },
    81_920,
    { "ai-platform/gpu-sharing": "time-slicing-4" },
  ],
] as const)(
  "a model on a share, %j, asks for it by its own name on nodes that are shared so",
  (gpuSharing, devices, memoryMiB, labels) => {
    const input = { model: "Qwen/Qwen3-0.6B", gpus: ["A100-80" as const], gpuSharing };
    const model = planned("small", input);
    if (model === undefined) throw new Error("it fits");
    const spec = { ...awsSpec("prod"), models: { small: modelSchema.parse(input) } };
    const on = { ...model, nodes: [{ instanceType: "p4de.24xlarge", purchase: "on-demand" as const }] };
    const served = planServing(spec, [on]).plans[0];
    expect(served?.resources.limits).toMatchObject(devices);
    expect(served?.resources.limits).not.toHaveProperty(["nvidia.com/gpu"]);
    expect(served?.scheduling.nodeSelector).toEqual({
      "ai-platform/role": "gpu",
      "ai-platform/gpu": "A100-80",
      ...labels,
    });
    expect(served?.launches[0]?.hardware).toMatchObject({ gpus: 1, gpuMemoryMiB: memoryMiB });
  },
);

test("by turns vLLM is told its part of the memory and of that the cache, so that neighbours disturb no start", () => {
  const launched = (input: Partial<ModelInput>) => {
    const model = planned("small", { model: "Qwen/Qwen3-1.7B", gpus: ["L4"], ...input });
    if (model === undefined) throw new Error("it fits");
    const spec = awsSpec("prod");
    const served = planServing({ ...spec, models: { small: modelSchema.parse({ model: model.model }) } }, [
      model,
    ]);
    return { model, settings: served.plans[0]?.launches[0]?.arguments };
  };
  const whole = launched({});
  const turn = launched({ gpuSharing: { timeSlicing: 2 } });
  expect(turn.settings?.["gpu-memory-utilization"]).toBe(0.39);
  expect(turn.settings?.["kv-cache-memory-bytes"]).toBe(
    Math.floor(turn.model.memory.shares.kvCache * 2 ** 20),
  );
  expect(whole.settings?.["gpu-memory-utilization"]).toBe(0.85);
  expect(whole.settings).not.toHaveProperty("kv-cache-memory-bytes");
  const { budget, capacity } = turn.model.memory.shares;
  expect(budget / capacity).toBeCloseTo(0.39, 3);
});

test("what a share is too small for is refused with the memory that is missing, and what can't be shared so with what can", () => {
  const refused = (input: ModelInput) => {
    const known = findModel(input.model);
    if (known === undefined) throw new Error("not in the catalog");
    const request = { name: "m", architecture: known, known, prod: false, purchase: ["spot" as const] };
    const supply = new Map<GpuName, number>([
      ["L4", 8],
      ["A100-40", 8],
    ]);
    return sizeModel({ ...request, spec: modelSchema.parse(input) }, supply);
  };
  const model = "Qwen/Qwen3-8B";
  const halves = refused({ model, gpus: ["L4"], gpuSharing: { timeSlicing: 2 } });
  expect(halves.workload).toBeUndefined();
  expect(halves.refusals).toEqual([
    { id: "L4:time-slicing-2/bf16", reason: expect.stringMatching(/needs [\d.]+ GiB of 8\.6 GiB/) },
  ]);
  const slices = refused({ model, quantization: "awq", gpuSharing: { mig: "3g.20gb" } });
  expect(slices.refusals).toEqual([
    { id: "L4:mig-3g.20gb/awq", reason: "L4 has no such slice: it can't be partitioned" },
  ]);
  expect(slices.workload?.options).toMatchObject([
    { id: "1xA100-40:mig-3g.20gb/awq", demand: { gpu: "A100-40:mig-3g.20gb", gpus: 1 } },
  ]);
  const many = refused({ model: "Qwen/Qwen3-0.6B", gpus: ["L4"], gpuSharing: { timeSlicing: 16 } });
  expect(many.refusals[0]?.reason).toContain("leave no memory for one");
});

test("slices are as many as NVIDIA's table has, of each instance type that can be cut, and reservations stay whole", () => {
  const offers = offersOf({
    region: "us-east-1",
    zones: ["us-east-1a"],
    capacity: capacitySchema.parse({
      families: ["g6", "p4d"],
      reservations: [
        { id: "cr-0a1b2c3d4e5f60718", instanceType: "p4d.24xlarge", count: 2, zone: "us-east-1a" },
      ],
    }),
    sharings: [
      { kind: "mig", profile: "3g.20gb" },
      { kind: "time-slicing", replicas: 3 },
    ],
  });
  const shared = offers.filter(({ sharing }) => sharing !== undefined);
  const byId = new Map(shared.map((offer) => [offer.id, offer.room]));
  expect(byId.get("p4d.24xlarge:mig-3g.20gb/on-demand")).toMatchObject({
    gpu: "A100-40:mig-3g.20gb",
    gpus: 16,
  });
  expect(byId.get("p4d.24xlarge:time-slicing-3/spot")).toMatchObject({ gpus: 24 });
  expect(byId.get("g6.xlarge:time-slicing-3/spot")).toMatchObject({ gpu: "L4:time-slicing-3", gpus: 3 });
  expect([...byId.keys()].filter((id) => id.includes("mig") && id.startsWith("g6."))).toEqual([]);
  expect(shared.filter(({ limit, purchase }) => limit !== undefined || purchase === "reservation")).toEqual(
    [],
  );
  // Whole nodes cost what they cost, whatever is done with their cards.
  for (const { instanceType, purchase, usdPerHour } of shared) {
    expect(offers.find(({ id }) => id === `${instanceType}/${purchase}`)?.usdPerHour).toBe(usdPerHour);
  }
});

const sharings: (GpuSharing | undefined)[] = [
  undefined,
  { kind: "time-slicing", replicas: 2 },
  { kind: "time-slicing", replicas: 3 },
  { kind: "mig", profile: "1g.5gb" },
  { kind: "mig", profile: "3g.20gb" },
];

/** Small models, each with its sharing, on what can be bought. */
const mixedFleets = fc
  .array(
    fc.record({
      sharing: fc.constantFrom(...sharings),
      model: fc.constantFrom("Qwen/Qwen3-0.6B", "Qwen/Qwen3-1.7B"),
      replicas: fc.integer({ min: 1, max: 4 }),
      spread: fc.constantFrom("none" as const, "node" as const),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((models): PlacementProblem => {
    const zones: [string] = ["us-east-1a"];
    const capacity = capacitySchema.parse({ families: ["g6", "p4d"] });
    const offers = offersOf({
      region: "us-east-1",
      zones,
      capacity,
      sharings: sharings.flatMap((sharing) => sharing ?? []),
    });
    const workloads = models.flatMap(({ model, replicas, sharing, spread }, index): Workload[] => {
      const known = findModel(model);
      if (known === undefined) throw new Error("not in the catalog");
      const gpuSharing =
        sharing === undefined
          ? {}
          : {
              gpuSharing:
                sharing.kind === "mig" ? { mig: sharing.profile } : { timeSlicing: sharing.replicas },
            };
      const spec = modelSchema.parse({
        model,
        replicas,
        spread,
        context: 4096,
        concurrency: 2,
        ...gpuSharing,
      });
      expect(sharingOf(spec)).toEqual(sharing);
      const { workload } = sizeModel(
        { name: `m${index}`, spec, architecture: known, known, prod: false, purchase: ["spot", "on-demand"] },
        new Map<GpuName, number>([
          ["L4", 8],
          ["A100-40", 8],
        ]),
      );
      return workload ? [workload] : [];
    });
    return { workloads, offers, zones, previous: new Map() };
  });

test("no share stands on whole cards and no whole card's pod on shared ones, and cards hold no more shares than they have", async () => {
  await fc.assert(
    fc.asyncProperty(mixedFleets, async (problem) => {
      const placement = await place(problem);
      expect(violations(problem, placement)).toEqual([]);
      expect(placement.unplaceable).toEqual([]);
      const offers = new Map(problem.offers.map((offer) => [offer.id, offer]));
      const workloads = new Map(problem.workloads.map((workload) => [workload.name, workload]));
      for (const { offer: id, pods } of placement.nodes) {
        const offer = offers.get(id);
        const kinds = pods.map((pod) => {
          const chosen = placement.options.get(pod);
          return workloads.get(pod)?.options.find((option) => option.id === chosen)?.demand.gpu;
        });
        expect(new Set(kinds)).toEqual(new Set([offer?.room.gpu]));
        expect(pods.length).toBeLessThanOrEqual(offer?.room.gpus ?? 0);
      }
    }),
    { numRuns: 25 },
  );
});

test("the device plug-in is told of turns by their number, and of slices that each has a name of its own", () => {
  expect(devicePluginConfig({ kind: "time-slicing", replicas: 4 })).toMatchObject({
    sharing: { timeSlicing: { renameByDefault: true, resources: [{ name: "nvidia.com/gpu", replicas: 4 }] } },
  });
  expect(devicePluginConfig({ kind: "mig", profile: "1g.10gb" })).toEqual({
    version: "v1",
    flags: { migStrategy: "mixed" },
  });
  expect(resourceOf(undefined)).toBe("nvidia.com/gpu");
});
