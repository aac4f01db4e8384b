import fc from "fast-check";
import { expect, test } from "vitest";
import { gpu, gpuNames } from "../../../catalog/gpus.ts";
import { planServing } from "../../../planning/serving/serving.ts";
import { devicePluginConfig, shareOf } from "../../../planning/serving/sharing.ts";
import { modelSchema } from "../../../spec/models.ts";
import { awsSpec } from "../../support/foundation.ts";
import { planned } from "../../support/servingModels.ts";

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
        const share = shareOf(gpu(name), { kind: "time-slicing", replicas }, utilization);
        const taken = replicas * (share.utilization * memoryMiB + contextMiB);
        expect(taken).toBeLessThanOrEqual(utilization * memoryMiB + 1);
        expect(share.utilization).toBeGreaterThan(0);
      },
    ),
  );
  expect(() => shareOf(gpu("T4"), { kind: "time-slicing", replicas: 30 }, 0.9)).toThrow(/30 pods/);
});

test("a slice by MIG has its own memory, and only cards that can be cut have slices", () => {
  expect(shareOf(gpu("A100-80"), { kind: "mig", profile: "3g.40gb" }, 0.9)).toEqual({
    memoryMiB: 40 * 1024,
    utilization: 0.9,
  });
  expect(() => shareOf(gpu("L4"), { kind: "mig", profile: "3g.40gb" }, 0.9)).toThrow(/can't be partitioned/);
});

test("a model on a share asks for it by its own name, which the device plug-in gives it", () => {
  const model = planned("small", { model: "Qwen/Qwen3-0.6B", gpus: ["A100-80"] });
  if (model === undefined) throw new Error("it fits");
  const spec = { ...awsSpec("prod"), models: { small: modelSchema.parse({ model: model.model }) } };
  const on = { ...model, nodes: [{ instanceType: "p4de.24xlarge", purchase: "on-demand" as const }] };
  const ask = (sharing: Parameters<typeof devicePluginConfig>[0]) =>
    planServing(spec, [on], { sharing: new Map([["small", sharing]]) }).plans[0];
  const slice = ask({ kind: "mig", profile: "1g.10gb" });
  expect(slice?.resources.limits).toMatchObject({ "nvidia.com/mig-1g.10gb": "1" });
  expect(slice?.resources.limits).not.toHaveProperty(["nvidia.com/gpu"]);
  expect(slice?.launches[0]?.hardware.gpuMemoryMiB).toBe(10 * 1024);
  const turn = ask({ kind: "time-slicing", replicas: 4 });
  expect(turn?.resources.limits).toMatchObject({ "nvidia.com/gpu.shared": "1" });
  expect(turn?.launches[0]?.arguments["gpu-memory-utilization"]).toBeLessThan(0.25);
  expect(devicePluginConfig({ kind: "time-slicing", replicas: 4 })).toMatchObject({
    sharing: { timeSlicing: { renameByDefault: true, resources: [{ name: "nvidia.com/gpu", replicas: 4 }] } },
  });
});
