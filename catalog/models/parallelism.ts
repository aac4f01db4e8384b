import type { Attention } from "./architecture.ts";

/**
 * Why a model can't be split over so many GPUs; undefined where it can.
 *
 * Heads are shared out evenly. Key and value heads are too, or each is copied to equally many GPUs. A latent cache has
 * one "head", which every GPU copies. Source: vLLM 0.33.0, config/model.py verify_with_parallel_config, and the
 * attention of model_executor/models/llama.py; TGI 3.3.7 asks the same.
 */
export function tensorParallelProblem(attention: Attention, degree: number): string | undefined {
  const { heads } = attention;
  if (heads % degree !== 0) {
    return `${heads} attention heads can't be split over ${degree} GPUs: ${allowedDegrees(attention)}`;
  }
  if (attention.kind === "mla") return undefined;
  const { kvHeads } = attention;
  if (kvHeads % degree !== 0 && degree % kvHeads !== 0) {
    return `${kvHeads} key-value heads can be neither split over nor copied to ${degree} GPUs: ${allowedDegrees(attention)}`;
  }
  return undefined;
}

function allowedDegrees(attention: Attention): string {
  const degrees = [1, 2, 3, 4, 5, 6, 7, 8, 16].filter(
    (degree) =>
      attention.heads % degree === 0 &&
      (attention.kind === "mla" || attention.kvHeads % degree === 0 || degree % attention.kvHeads === 0),
  );
  return `${degrees.join(", ")} would do`;
}

/**
 * Nodes that a pipeline takes, as few as have its GPUs, with as many whole stages on each; undefined where one is enough, or
 * where stages can't be distributed so.
 * @param most GPUs of one node
 */
export function nodesOfPipeline(
  tensorParallel: number,
  pipelineParallel: number,
  most: number,
): number | undefined {
  const stagesPerNode = Math.floor(most / tensorParallel);
  if (stagesPerNode === 0 || pipelineParallel <= stagesPerNode) return undefined;
  const nodes = Math.ceil(pipelineParallel / stagesPerNode);
  return pipelineParallel % nodes === 0 ? nodes : undefined;
}
