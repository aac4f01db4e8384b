import type { GpuName } from "../../catalog/gpus.ts";
import type { CatalogModel, ModelArchitecture } from "../../catalog/models/architecture.ts";
import { readHuggingFace } from "../../catalog/models/huggingFace.ts";
import { findModel } from "../../catalog/models/models.ts";
import type { QuantizationName } from "../../catalog/quantizations.ts";
import { engineOf, formatsOf, onCpu, tgiGpus } from "../defaults.ts";
import type { Finding } from "../faults/issues.ts";
import type { Path } from "../faults/path.ts";
import type { Engine, ModelSpec } from "../models.ts";

/** One model as it is described. */
export interface DescribedModel {
  readonly spec: ModelSpec;
  /** As messages call it: `meta-llama/Llama-3.1-8B-Instruct`. */
  readonly id: string;
  /** Undefined for a model that the catalog doesn't know. */
  readonly known: CatalogModel | undefined;
  /** Undefined where nothing says it; another rule finds that. */
  readonly architecture: ModelArchitecture | undefined;
}

/** One model with what its environment makes of it. */
export interface ModelInPlace extends DescribedModel {
  readonly environment: string;
  /** Kinds of GPU of the environment with the most that one node has; empty where it is CPU-only. */
  readonly supply: ReadonlyMap<GpuName, number>;
  readonly engine: Engine;
  /** Whether its weights are in a server's memory and no GPU's. */
  readonly onCpu: boolean;
  /** Kinds of GPU that may carry it: the written ones, or those of the environment that its engine is for. */
  readonly gpus: readonly GpuName[];
  /** Formats that are written, with their places: `quantization`, or `quantization[1]` in a list. */
  readonly formats: readonly { readonly name: QuantizationName; readonly path: Path }[];
}

/** What is wrong with a model by itself; paths are inside the model. */
export type ModelRule = (model: DescribedModel) => readonly Finding[];
/** What is wrong with a model where it is. */
export type PlacedModelRule = (model: ModelInPlace) => readonly Finding[];

export function describedModel(spec: ModelSpec): DescribedModel {
  const known = findModel(spec.model);
  const architecture = spec.architecture ? readHuggingFace(spec.architecture).architecture : known;
  return { spec, id: spec.model, known, architecture };
}

/** @param supply kinds of GPU of the environment with the most that one node has */
export function placedModel(
  model: DescribedModel,
  environment: string,
  supply: ReadonlyMap<GpuName, number>,
): ModelInPlace {
  const { spec } = model;
  const engine = engineOf(spec, supply.size === 0);
  const list = Array.isArray(spec.quantization);
  return {
    ...model,
    environment,
    supply,
    engine,
    onCpu: onCpu(spec, engine, supply.size === 0),
    gpus: spec.gpus ?? [...supply.keys()].filter((gpu) => engine !== "tgi" || tgiGpus.includes(gpu)),
    formats: formatsOf(spec).map((name, index) => ({
      name,
      path: ["quantization", ...(list ? [index] : [])],
    })),
  };
}
