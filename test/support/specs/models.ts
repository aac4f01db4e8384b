import fc from "fast-check";
import { type GpuName, gpu, gpuNames } from "../../../catalog/gpus.ts";
import type { CatalogModel } from "../../../catalog/models/architecture.ts";
import { models as catalog } from "../../../catalog/models/models.ts";
import { tensorParallelProblem } from "../../../catalog/models/parallelism.ts";
import {
  kvCacheFormats,
  kvCacheTypes,
  type QuantizationName,
  quantizationNames,
  quantizations,
} from "../../../catalog/quantizations.ts";
import { type PurchaseOption, purchaseOptions } from "../../../spec/capacity.ts";
import { tgiGpus } from "../../../spec/defaults.ts";
import { type Engine, engines, type ModelInput } from "../../../spec/models.ts";

/** What somebody would like to have; what of it can be had is a question of the environment. */
export interface ModelWish {
  readonly model: CatalogModel;
  readonly engine: Engine;
  /** Kinds of GPU, best first, and whether to name them. */
  readonly gpus: readonly GpuName[];
  readonly named: boolean;
  /** Formats, caches, degrees and ways to buy, best first. */
  readonly formats: readonly QuantizationName[];
  readonly several: boolean;
  readonly caches: readonly (typeof kvCacheTypes)[number][];
  readonly degrees: readonly number[];
  readonly purchase: readonly PurchaseOption[];
  /** Share of the model's own maximum. */
  readonly context: number;
  readonly written: Readonly<
    Record<"engine" | "format" | "cache" | "degree" | "context" | "purchase", boolean>
  >;
  readonly rest: Partial<
    Pick<ModelInput, "concurrency" | "replicas" | "spread" | "revision" | "tokensPerRequest">
  >;
}

export const modelWish: fc.Arbitrary<ModelWish> = fc.record({
  model: fc.constantFrom(...catalog.values()),
  engine: fc.constantFrom(...engines),
  gpus: fc.shuffledSubarray([...gpuNames], { minLength: gpuNames.length }),
  named: fc.boolean(),
  formats: fc.shuffledSubarray([...quantizationNames], { minLength: quantizationNames.length }),
  several: fc.boolean(),
  caches: fc.shuffledSubarray([...kvCacheTypes], { minLength: kvCacheTypes.length }),
  degrees: fc.shuffledSubarray([1, 2, 3, 4, 5, 6, 7, 8], { minLength: 8 }),
  purchase: fc.shuffledSubarray([...purchaseOptions], { minLength: 1 }),
  context: fc.double({ min: 0, max: 1, noNaN: true }),
  written: fc.record({
    engine: fc.boolean(),
    format: fc.boolean(),
    cache: fc.boolean(),
    degree: fc.boolean(),
    context: fc.boolean(),
    purchase: fc.boolean(),
  }),
  rest: fc.record(
    {
      concurrency: fc.integer({ min: 1, max: 64 }),
      replicas: fc.integer({ min: 1, max: 4 }),
      tokensPerRequest: fc.integer({ min: 1, max: 2048 }),
      spread: fc.constantFrom("none", "node", "zone"),
      revision: fc.constant("0123456789abcdef0123456789abcdef01234567"),
    },
    { requiredKeys: [] },
  ),
});

/** An environment as far as a model sees it. */
export interface Supply {
  /** Kinds of GPU with the most that one node has; none for a CPU-only environment. */
  readonly gpus: ReadonlyMap<GpuName, number>;
  /** Ways to buy nodes; none where they are not bought. */
  readonly purchase: readonly PurchaseOption[];
}

/** The wish, less what can't be: a description without a fault. */
export function modelInput(wish: ModelWish, supply: Supply): ModelInput {
  const { model, written } = wish;
  const { engine, gpus, named } = placeOf(wish, supply);
  const formats = wish.formats.filter((format) => runs(format, engine, gpus, model));
  const [format] = formats;
  if (format === undefined) return modelInput({ ...wish, engine: "ollama", named: false }, supply);
  const cache = wish.caches.find((type) => caches(type, engine, gpus));
  const degree = wish.degrees.find((wanted) => splits(wanted, engine, gpus, model, supply)) ?? 1;
  const purchase = wish.purchase.filter((way) => supply.purchase.includes(way));
  const publishedRuns = gpus.length === 0 || runs(model.published, engine, gpus, model);
  return {
    model: model.id,
    ...wish.rest,
    ...(needsEngine(engine, supply) || written.engine ? { engine } : {}),
    ...(named && { gpus: [...gpus] }),
    ...((written.format || !publishedRuns) && { quantization: wish.several ? formats.slice(0, 3) : format }),
    ...(written.cache && cache && { kvCacheType: cache }),
    ...(written.degree && { tensorParallel: degree }),
    ...(written.context && {
      context: Math.round(2048 + wish.context * (model.maxContext - 2048)),
    }),
    ...(written.purchase && purchase.length > 0 && { purchase }),
  };
}

/** Where there are GPUs, an engine must be named unless it is vLLM. */
function needsEngine(engine: Engine, supply: Supply): boolean {
  return engine !== (supply.gpus.size === 0 ? "ollama" : "vllm");
}

/** The engine with the GPUs that may carry the model: none for the CPU. Ollama takes only those that are named. */
function placeOf({ engine: wanted, gpus, model, named }: ModelWish, supply: Supply) {
  const engine = wanted === "tgi" && model.task === "embed" ? "vllm" : wanted;
  const onCpu = { engine: "ollama" as const, gpus: [], named: false };
  const allowed = gpus.filter(
    (kind) => supply.gpus.has(kind) && (engine !== "tgi" || tgiGpus.includes(kind)),
  );
  if (allowed.length === 0 || (engine === "ollama" && !named)) return onCpu;
  return { engine, gpus: named ? allowed.slice(0, 3) : allowed, named };
}

function runs(
  format: QuantizationName,
  engine: Engine,
  gpus: readonly GpuName[],
  model: CatalogModel,
): boolean {
  const { bits, cpu, engines: loaders, minComputeCapability } = quantizations[format];
  if (!loaders.includes(engine) || (format === "mxfp4" && model.published !== format)) return false;
  if (gpus.length === 0) return cpu && (bits.layers < 16 || model.distilled);
  return gpus.every((kind) => gpu(kind).computeCapability >= minComputeCapability);
}

function caches(type: (typeof kvCacheTypes)[number], engine: Engine, gpus: readonly GpuName[]): boolean {
  const { engines: knowing, minComputeCapability } = kvCacheFormats[type];
  return (
    knowing.includes(engine) && gpus.every((kind) => gpu(kind).computeCapability >= minComputeCapability)
  );
}

function splits(
  degree: number,
  engine: Engine,
  gpus: readonly GpuName[],
  model: CatalogModel,
  supply: Supply,
) {
  const most = Math.max(1, ...gpus.map((kind) => supply.gpus.get(kind) ?? 0));
  return (
    degree === 1 || (engine !== "ollama" && degree <= most && !tensorParallelProblem(model.attention, degree))
  );
}
