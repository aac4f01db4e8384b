import type { GpuName } from "../../catalog/gpus.ts";
import type { CatalogModel, ModelArchitecture } from "../../catalog/models/architecture.ts";
import { readHuggingFace } from "../../catalog/models/huggingFace.ts";
import { findModel } from "../../catalog/models/models.ts";
import { engineOf, gpusPerNode, onCpu, tgiGpus } from "../defaults.ts";
import type { Finding } from "../faults/issues.ts";
import type { Path } from "../faults/path.ts";
import type { Judged } from "../judged.ts";
import type { Engine, ModelSpec } from "../models.ts";
import type { Rule } from "./rule.ts";

/** One model with what its environment makes of it. */
export interface ModelInPlace {
  readonly spec: ModelSpec;
  /** As messages call it: `meta-llama/Llama-3.1-8B-Instruct`. */
  readonly id: string;
  /** Undefined for a model that the catalog doesn't know. */
  readonly known: CatalogModel | undefined;
  /** Undefined where nothing says it; another rule finds that. */
  readonly architecture: ModelArchitecture | undefined;
  readonly environment: string;
  /** Kinds of GPU of the environment with the most that one node has; empty where it is CPU-only. */
  readonly supply: ReadonlyMap<GpuName, number>;
  readonly engine: Engine;
  /** Whether its weights are in a server's memory and no GPU's. */
  readonly onCpu: boolean;
  /** Kinds of GPU that may carry it: the written ones, or those of the environment that its engine is for. */
  readonly gpus: readonly GpuName[];
}

/** What is wrong with a field of a model; the path is inside the model. */
export type ModelRule = (model: ModelInPlace) => readonly Finding[];

/** Makes a rule for platforms of one for models. It judges none where the environment is not known. */
export function eachModel(rule: ModelRule): Rule {
  return (platform) =>
    modelsInPlace(platform).flatMap(({ model, path }) =>
      rule(model).map((finding) => ({ ...finding, path: [...path, ...finding.path] })),
    );
}

function modelsInPlace(platform: Judged): { readonly path: Path; readonly model: ModelInPlace }[] {
  const { environment, models } = platform;
  if (environment === undefined || (environment !== "local" && !(platform.cloud && platform.capacity)))
    return [];
  const supply = gpusPerNode(platform);
  return Object.entries(models).map(([name, spec]) => {
    const engine = engineOf(spec, supply.size === 0);
    const known = findModel(spec.model);
    return {
      path: ["models", name],
      model: {
        spec,
        id: spec.model,
        known,
        architecture: spec.architecture ? readHuggingFace(spec.architecture).architecture : known,
        environment,
        supply,
        engine,
        onCpu: onCpu(spec, engine, supply.size === 0),
        gpus: spec.gpus ?? [...supply.keys()].filter((gpu) => engine !== "tgi" || tgiGpus.includes(gpu)),
      },
    };
  });
}
