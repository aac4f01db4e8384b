import type { Gpu } from "../../catalog/gpus.ts";
import { tensorParallelProblem } from "../../catalog/models/parallelism.ts";
import { kvCacheFormats, quantizations } from "../../catalog/quantizations.ts";
import type { Deployment } from "./estimate.ts";

/** Why no amount of memory would make a deployment work; undefined where it is only a matter of memory. */
export function refusal(deployment: Deployment): string | undefined {
  return (
    formatProblem(deployment) ??
    hardwareProblem(deployment) ??
    contextProblem(deployment) ??
    parallelProblem(deployment)
  );
}

function formatProblem({ engine, quantization, kvCacheType, architecture }: Deployment): string | undefined {
  const { engines, online, expertsOnly, file } = quantizations[quantization];
  const cache = kvCacheFormats[kvCacheType];
  if (!engines.includes(engine))
    return `${engine} can't load ${quantization}, only ${engines.join(" and ")} can`;
  if (!cache.engines.includes(engine)) {
    return `${engine} has no KV cache in ${kvCacheType}, only ${cache.engines.join(" and ")} have`;
  }
  if (expertsOnly && architecture.experts === undefined) return `${quantization} is for mixtures of experts`;
  const { published } = architecture;
  const fromPublished = online || quantization === "bf16";
  if (file === "safetensors" && fromPublished && published !== quantization && published !== "bf16") {
    return `${quantization} can't be made of ${published}, the format that the model is published in`;
  }
  return undefined;
}

function hardwareProblem({ engine, quantization, kvCacheType, gpu }: Deployment): string | undefined {
  const { minComputeCapability, cpu } = quantizations[quantization];
  if (gpu === undefined) {
    return engine === "ollama" && cpu ? undefined : `${engine} needs a GPU for ${quantization}`;
  }
  if (gpu.computeCapability < minComputeCapability) {
    return `${quantization} needs ${tooOld(minComputeCapability, gpu)}`;
  }
  const least = kvCacheFormats[kvCacheType].minComputeCapability;
  if (gpu.computeCapability < least) {
    return `a KV cache in ${kvCacheType} needs ${tooOld(least, gpu)}`;
  }
  return undefined;
}

function tooOld(least: number, { name, computeCapability }: Gpu): string {
  return `compute capability ${least.toFixed(1)}, ${name} has ${computeCapability.toFixed(1)}`;
}

function contextProblem({ context, architecture: { maxContext } }: Deployment): string | undefined {
  if (context <= maxContext) return undefined;
  return `a context of ${context} is more than the ${maxContext} tokens that the model was made for`;
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
