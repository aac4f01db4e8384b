import { tensorParallelProblem } from "../../catalog/models/parallelism.ts";
import { kvCacheFormats, quantizations } from "../../catalog/quantizations.ts";
import type { Deployment } from "./estimate.ts";

/** Why no amount of memory would make a deployment work; undefined where it is only a matter of memory. */
export function refusal(deployment: Deployment): string | undefined {
  const { engine, quantization, kvCacheType, gpu, architecture, context } = deployment;
  const weights = quantizations[quantization];
  const cache = kvCacheFormats[kvCacheType];
  if (!weights.engines.includes(engine)) {
    return `${engine} can't load ${quantization}: ${weights.engines.join(" and ")} can`;
  }
  if (!cache.engines.includes(engine)) {
    return `${engine} has no KV cache in ${kvCacheType}: ${cache.engines.join(" and ")} have`;
  }
  if (gpu === undefined && (engine !== "ollama" || !weights.cpu)) {
    return `${engine} needs a GPU for ${quantization}`;
  }
  if (gpu !== undefined) {
    const { computeCapability, name } = gpu;
    if (computeCapability < weights.minComputeCapability) {
      return `${quantization} needs compute capability ${weights.minComputeCapability}, ${name} has ${computeCapability}`;
    }
    if (computeCapability < cache.minComputeCapability) {
      return `a KV cache in ${kvCacheType} needs compute capability ${cache.minComputeCapability}, ${name} has ${computeCapability}`;
    }
  }
  if (context > architecture.maxContext) {
    return `a context of ${context} is more than the ${architecture.maxContext} tokens that the model was made for`;
  }
  return parallelProblem(deployment);
}

function parallelProblem(deployment: Deployment): string | undefined {
  const { engine, architecture, tensorParallel, pipelineParallel } = deployment;
  // llama.cpp splits by whole layers, whichever way the GPUs are counted.
  const stages = engine === "ollama" ? tensorParallel * pipelineParallel : pipelineParallel;
  if (stages > architecture.layers)
    return `${architecture.layers} layers can't be spread over ${stages} stages`;
  if (engine === "tgi" && pipelineParallel > 1)
    return "tgi can't spread layers over stages: use tensor parallelism";
  return engine === "ollama" ? undefined : tensorParallelProblem(architecture.attention, tensorParallel);
}
