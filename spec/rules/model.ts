import type { GpuName } from "../../catalog/gpus.ts";
import type { CatalogModel, ModelArchitecture } from "../../catalog/models/architecture.ts";
import { readHuggingFace } from "../../catalog/models/huggingFace.ts";
import { findModel } from "../../catalog/models/models.ts";
import { engineOf, gpusPerNode, onCpu, tgiGpus } from "../defaults.ts";
import type { Finding } from "../faults/issues.ts";
import type { Engine, ModelSpec } from "../models.ts";
import type { Rule } from "./rule.ts";

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
}

/** Makes a rule for platforms of one for models by themselves; paths that it finds are inside the model. */
export function eachModel(rule: (model: DescribedModel) => readonly Finding[]): Rule {
  return ({ models }) =>
    Object.entries(models).flatMap(([name, spec]) => inModel(name, rule(describedModel(spec))));
}

/** The same for models in their environment. It judges none where the environment is not known well enough. */
export function eachModelInPlace(rule: (model: ModelInPlace) => readonly Finding[]): Rule {
  return ({ capacity, cloud, environment, models }) => {
    if (environment === undefined || (environment !== "local" && !(cloud && capacity))) return [];
    const supply = gpusPerNode({ capacity, cloud });
    return Object.entries(models).flatMap(([name, spec]) =>
      inModel(name, rule(inPlace(describedModel(spec), environment, supply))),
    );
  };
}

function inModel(name: string, findings: readonly Finding[]): Finding[] {
  return findings.map((finding) => ({ ...finding, path: ["models", name, ...finding.path] }));
}

function describedModel(spec: ModelSpec): DescribedModel {
  const known = findModel(spec.model);
  const architecture = spec.architecture ? readHuggingFace(spec.architecture).architecture : known;
  return { spec, id: spec.model, known, architecture };
}

function inPlace(
  model: DescribedModel,
  environment: string,
  supply: ReadonlyMap<GpuName, number>,
): ModelInPlace {
  const { spec } = model;
  const engine = engineOf(spec, supply.size === 0);
  return {
    ...model,
    environment,
    supply,
    engine,
    onCpu: onCpu(spec, engine, supply.size === 0),
    gpus: spec.gpus ?? [...supply.keys()].filter((gpu) => engine !== "tgi" || tgiGpus.includes(gpu)),
  };
}
