import { gpu } from "../../catalog/gpus.ts";
import { kvCacheFormats, type QuantizationName, quantizations } from "../../catalog/quantizations.ts";
import { tgiGpus } from "../defaults.ts";
import type { Finding } from "../faults/issues.ts";
import type { Path } from "../faults/path.ts";
import { either } from "../faults/wording.ts";
import type { Engine } from "../models.ts";
import type { ModelInPlace, PlacedModelRule } from "./model.ts";

const tgiIsFor = `tgi is for bigger models over several A100 or H100 (${tgiGpus.join(", ")})`;
const tgiIsArchived = "it is archived upstream: for anything else, take vllm";

/** TGI serves on A100 and H100 only. */
export const tgi: PlacedModelRule = ({ engine, environment, gpus, spec, supply }) => {
  if (engine !== "tgi" || supply.size === 0) return [];
  if (spec.gpus) {
    return spec.gpus.flatMap((name, index) =>
      tgiGpus.includes(name)
        ? []
        : [
            {
              path: ["gpus", index],
              problem: `is no GPU for tgi: ${tgiIsFor}, and ${tgiIsArchived}`,
            },
          ],
    );
  }
  if (gpus.length > 0) return [];
  return [
    {
      path: ["engine"],
      problem: `${environment} may use none of its GPUs: ${tgiIsFor}, and ${tgiIsArchived}`,
    },
  ];
};

/** Each written format of the weights must be one that the engine can load; so must the published one, if none is. */
export const weights: PlacedModelRule = (model) => {
  const { architecture, engine, formats: written, id, onCpu, spec } = model;
  if (written.length === 0 && architecture && !onCpu && !loadable(architecture.published, engine)) {
    return [
      {
        path: [spec.engine ? "engine" : "model"],
        problem: `${engine} can't load ${architecture.published}, as ${id} is published: write its quantization, one of ${loadableFormats(model)}`,
      },
    ];
  }
  return written
    .filter(({ name }) => !loadable(name, engine))
    .map(({ name, path }) => ({
      path,
      problem: `${engine} can't load it: ${described(name)}; allowed with ${engine}: ${loadableFormats(model)}`,
    }));
};

/** The GPUs must be able to compute with the weights and the KV cache. */
export const computeCapability: PlacedModelRule = (model) => {
  const { engine, onCpu, spec } = model;
  if (onCpu) return [];
  const weights = model.formats
    .filter(({ name }) => loadable(name, engine))
    .flatMap(({ name, path }) => tooOld(model, path, name, quantizations[name].minComputeCapability));
  const { engines, minComputeCapability } = kvCacheFormats[spec.kvCacheType];
  const cache = engines.includes(engine)
    ? tooOld(model, ["kvCacheType"], `a KV cache in ${spec.kvCacheType}`, minComputeCapability)
    : [];
  return [...weights, ...cache];
};

/** The engine must know the format of the KV cache. */
export const kvCache: PlacedModelRule = ({ engine, spec }) => {
  if (kvCacheFormats[spec.kvCacheType].engines.includes(engine)) return [];
  const allowed = Object.entries(kvCacheFormats)
    .filter(([, format]) => format.engines.includes(engine))
    .map(([name]) => name);
  return [
    { path: ["kvCacheType"], problem: `${engine} has no such KV cache; allowed: ${allowed.join(", ")}` },
  ];
};

/** GPUs that were named and can't, each by itself; or that no GPU of the environment can. */
function tooOld({ gpus, spec }: ModelInPlace, path: Path, what: string, least: number): Finding[] {
  const old = gpus.filter((name) => gpu(name).computeCapability < least);
  if (spec.gpus) {
    return old.map((name) => ({
      path: ["gpus", spec.gpus?.indexOf(name) ?? 0],
      problem: `can't compute ${what}, which needs compute capability ${least.toFixed(1)}: it has ${gpu(name).computeCapability.toFixed(1)}`,
    }));
  }
  if (gpus.length === 0 || old.length < gpus.length) return [];
  const problem = `needs a GPU of compute capability ${least.toFixed(1)}: ${old.join(", ")} of this environment can't`;
  return [{ path, problem }];
}

function loadable(name: QuantizationName, engine: Engine): boolean {
  return quantizations[name].engines.includes(engine);
}

/** What the engine can load of the model. Nobody makes MXFP4 of what was published in another format. */
function loadableFormats({ architecture, engine }: ModelInPlace): string {
  return Object.values(quantizations)
    .filter(
      ({ engines, name }) =>
        engines.includes(engine) && (name !== "mxfp4" || architecture?.published === name),
    )
    .map(({ name }) => name)
    .join(", ");
}

function described(name: QuantizationName): string {
  const { engines, file } = quantizations[name];
  return `${name} is in ${file === "gguf" ? "GGUF" : file} files, for ${either(engines)}`;
}
