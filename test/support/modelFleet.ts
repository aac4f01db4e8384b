import { findInstanceType } from "../../catalog/ec2/instances.ts";
import type { GpuName } from "../../catalog/gpus.ts";
import { models } from "../../catalog/models/models.ts";
import type { QuantizationName } from "../../catalog/quantizations.ts";
import { offersOf } from "../../planning/placement/offers.ts";
import type { Offer, PlacementProblem, Workload } from "../../planning/placement/problem.ts";
import { sizeModel } from "../../planning/sizing/models.ts";
import { type CapacitySpec, capacitySchema } from "../../spec/capacity.ts";
import { modelSchema } from "../../spec/models.ts";

const zones = ["us-east-1a", "us-east-1b", "us-east-1c"] as const;

/** Kinds and families of the offers: what the stacks of this repository use. */
export const fleetCapacity: CapacitySpec = capacitySchema.parse({
  families: ["g5", "g6", "g6e", "gr6", "p4d", "p4de", "p5", "m7i", "r7i"],
  reservations: [
    { id: "cr-0a1b2c3d4e5f60718", instanceType: "p5.48xlarge", count: 2, zone: "us-east-1a" },
    { id: "cr-18a7b6c5d4e3f2019", instanceType: "g6e.12xlarge", count: 4, zone: "us-east-1b" },
  ],
});

/**
 * A platform's worth of models, sized by the planner: models of the catalog at random with contexts, concurrency,
 * formats, replicas and spreads as people ask for them.
 * @param seed the same one gives the same fleet; the first n models of a larger fleet are those of a smaller
 */
export function modelFleet(count: number, seed: number): PlacementProblem {
  const random = randomNumbers(seed);
  const pick = <Value>(values: readonly Value[]): Value => {
    const value = values[Math.floor(random() * values.length)];
    if (value === undefined) throw new Error("nothing to pick from");
    return value;
  };
  const offers = offersOf({ region: "us-east-1", zones: [...zones], capacity: fleetCapacity });
  const supply = supplyOf(offers);
  const known = [...models.values()];
  const workloads: Workload[] = [];
  for (let index = 0; workloads.length < count; index++) {
    const model = pick(known);
    const formats: QuantizationName[] = pick([[], [], [], ["awq"], ["fp8"]]);
    const spec = modelSchema.safeParse({
      model: model.id,
      ...(formats.length > 0 ? { quantization: formats } : {}),
      ...(random() < 0.15 ? { engine: "ollama", quantization: pick(["q4_K_M", "q8_0"]) } : {}),
      context: Math.min(pick([4096, 8192, 8192, 16384, 32768]), model.maxContext),
      concurrency: pick([4, 8, 8, 16, 32]),
      replicas: pick([1, 1, 2, 2, 2, 3, 4]),
      spread: pick(["none", "node", "zone", "zone"]),
    });
    if (!spec.success) throw spec.error;
    const { workload } = sizeModel(
      {
        name: `model-${String(index).padStart(5, "0")}`,
        spec: spec.data,
        architecture: model,
        known: model,
        prod: true,
        purchase: pick([
          ["reservation", "on-demand"],
          ["reservation", "on-demand"],
          ["spot", "on-demand"],
        ]),
      },
      supply,
    );
    if (workload) workloads.push(workload);
  }
  return { workloads, offers, zones: [...zones], previous: new Map() };
}

function supplyOf(offers: readonly Offer[]): Map<GpuName, number> {
  const supply = new Map<GpuName, number>();
  for (const { instanceType } of offers) {
    const gpu = findInstanceType(instanceType)?.gpu;
    if (gpu) supply.set(gpu.name, Math.max(supply.get(gpu.name) ?? 0, gpu.count));
  }
  return supply;
}

/** Numbers from 0 to below 1 by Marsaglia's xorshift with 32 bits (Journal of Statistical Software 8(14), 2003). */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
