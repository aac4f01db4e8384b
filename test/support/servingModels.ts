import fc from "fast-check";
import { instanceTypes } from "../../catalog/ec2/instances.ts";
import { type GpuName, gpuNames } from "../../catalog/gpus.ts";
import { models } from "../../catalog/models/models.ts";
import { type ModelPlan, modelPlan } from "../../planning/models.ts";
import { sizeModel } from "../../planning/sizing/models.ts";
import { purchaseOptions } from "../../spec/capacity.ts";
import { type ModelInput, modelSchema } from "../../spec/models.ts";

/** Every GPU that there is, as many on a node as there can be. */
const supply: ReadonlyMap<GpuName, number> = new Map(
  gpuNames.map((name) => [
    name,
    Math.max(0, ...instanceTypes.map(({ gpu }) => (gpu?.name === name ? gpu.count : 0))),
  ]),
);

const input: fc.Arbitrary<ModelInput> = fc
  .record({
    known: fc.constantFrom(...models.values()),
    engine: fc.constantFrom("vllm" as const, "vllm" as const, "tgi" as const, "ollama" as const),
    format: fc.constantFrom("published" as const, "awq" as const, "fp8" as const, "q4_K_M" as const),
    kv: fc.constantFrom("auto" as const, "auto" as const, "fp8" as const, "q8_0" as const),
    context: fc.integer({ min: 512, max: 65_536 }),
    concurrency: fc.integer({ min: 1, max: 64 }),
    replicas: fc.integer({ min: 1, max: 6 }),
    revision: fc.option(fc.stringMatching(/^[0-9a-f]{40}$/), { nil: undefined }),
    gpuSharing: fc.constantFrom(
      undefined,
      undefined,
      { timeSlicing: 2 },
      { timeSlicing: 3 },
      { mig: "3g.40gb" },
      { mig: "2g.48gb" },
    ),
    gpus: fc.option(fc.uniqueArray(fc.constantFrom(...gpuNames), { minLength: 1 }), { nil: undefined }),
  })
  .map(({ context, engine, format, gpus, gpuSharing, known, kv, revision, ...rest }) => ({
    ...rest,
    model: known.id,
    engine,
    ...(engine === "ollama"
      ? { quantization: "q4_K_M" as const, kvCacheType: kv === "fp8" ? "auto" : kv }
      : { kvCacheType: kv === "q8_0" ? "auto" : kv }),
    ...(engine !== "ollama" && (format === "awq" || format === "fp8") ? { quantization: format } : {}),
    context: Math.min(context, known.maxContext),
    ...(revision === undefined ? {} : { revision }),
    ...(gpus === undefined ? {} : { gpus }),
    ...(engine === "vllm" && gpuSharing !== undefined ? { gpuSharing } : {}),
  }));

/** A model as the planner would run it: any of the ways that fit, on nodes of any type that has the GPUs. */
export const anyModel: fc.Arbitrary<ModelPlan> = fc
  .record({
    input,
    name: fc.stringMatching(/^[a-z][a-z0-9-]{0,30}[a-z0-9]$/),
    way: fc.nat(),
    node: fc.nat(),
    purchase: fc.constantFrom(...purchaseOptions),
  })
  .map(({ input, name, node, purchase, way }) => {
    const plan = planned(name, input, way);
    if (plan === undefined) return undefined;
    const able = instanceTypes.filter(
      ({ gpu }) => gpu?.name === plan.gpu?.name && (gpu?.count ?? 0) >= (plan.gpu?.count ?? 0),
    );
    const type = able[node % Math.max(1, able.length)];
    return type === undefined ? undefined : { ...plan, nodes: [{ instanceType: type.name, purchase }] };
  })
  .filter((plan) => plan !== undefined);

/** The same for one description; undefined where nothing carries it. */
export function planned(name: string, input: ModelInput, way = 0): ModelPlan | undefined {
  const spec = modelSchema.parse(input);
  const known = models.get(spec.model);
  if (known === undefined) throw new Error(`${spec.model} is not in the catalog`);
  const sizing = sizeModel(
    { name, spec, architecture: known, known, prod: true, purchase: ["on-demand"] },
    supply,
  );
  const candidates = [...sizing.candidates.values()];
  const chosen = candidates[way % Math.max(1, candidates.length)];
  return chosen && modelPlan(sizing, chosen, undefined);
}

/** A model of which each replica takes the GPUs of two nodes. */
export function overTwoNodes(name: string, replicas: number): ModelPlan {
  const plan = planned(name, {
    model: "meta-llama/Llama-3.3-70B-Instruct",
    gpus: ["H100"],
    tensorParallel: 8,
    quantization: "bf16",
  });
  if (plan === undefined) throw new Error(`${name} fits`);
  return {
    ...plan,
    replicas,
    podsPerReplica: 2,
    zone: "us-east-1a",
    gpu: { name: "H100", count: 16 },
    deployment: { ...plan.deployment, pipelineParallel: 2 },
    nodes: [{ instanceType: "p5.48xlarge", purchase: "on-demand" }],
  };
}
