import { gpus } from "../../../../catalog/gpus.ts";
import type { ModelArchitecture } from "../../../../catalog/models/architecture.ts";
import type { Deployment } from "../../../../planning/memory/estimate.ts";
import { knownModel } from "../../../catalog/support/knownModel.ts";

/** One request of 8,192 tokens by vLLM on an L4, in the published format, where nothing else is said. */
export function deployment(model: string | ModelArchitecture, parts: Partial<Deployment> = {}): Deployment {
  const architecture = typeof model === "string" ? knownModel(model) : model;
  return {
    engine: "vllm",
    architecture,
    quantization: architecture.published,
    kvCacheType: "auto",
    gpu: gpus.L4,
    tensorParallel: 1,
    pipelineParallel: 1,
    gpuMemoryUtilization: 0.9,
    context: 8192,
    concurrency: 1,
    tokensPerRequest: parts.context ?? 8192,
    ...parts,
  };
}
