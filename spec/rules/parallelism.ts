import { tensorParallelProblem } from "../../catalog/models/parallelism.ts";
import { onSeveralNodes } from "../defaults.ts";
import type { Finding } from "../faults/issues.ts";
import type { ModelInPlace, ModelRule, PlacedModelRule } from "./model.ts";

/** How a model is split over GPUs must fit its heads and layers. */
export const heads: ModelRule = ({ architecture, spec }) => {
  if (!architecture || spec.engine === "ollama") return [];
  const { pipelineParallel = 1, tensorParallel = 1 } = spec;
  const uneven = tensorParallelProblem(architecture.attention, tensorParallel);
  return [
    ...(uneven ? [{ path: ["tensorParallel"], problem: uneven }] : []),
    ...(pipelineParallel > architecture.layers
      ? [
          {
            path: ["pipelineParallel"],
            problem: `the model has ${architecture.layers} layers: no more groups of GPUs than that`,
          },
        ]
      : []),
  ];
};

/** It must also fit its engine, and what one node has. */
export const parallelism: PlacedModelRule = (model) => {
  const { engine, spec } = model;
  const { pipelineParallel = 1, tensorParallel = 1 } = spec;
  const findings: Finding[] = [];
  if (tensorParallel > 1 && engine === "ollama") {
    const problem =
      "ollama can't split layers: it spreads whole layers over the GPUs of a node by itself; leave it out";
    findings.push({ path: ["tensorParallel"], problem });
  }
  if (pipelineParallel > 1 && engine !== "vllm") {
    const problem = `${engine} has no pipeline parallelism: leave it out, or take vllm`;
    findings.push({ path: ["pipelineParallel"], problem });
  }
  return findings.length > 0 ? findings : beyondOneNode(model, tensorParallel, pipelineParallel);
};

/**
 * A server's GPUs are all in one node. Only vLLM's own may have groups of them on several: whether there are such nodes, and the
 * groups come out even, is for placement to say.
 */
function beyondOneNode(
  { engine, gpus, spec, supply }: ModelInPlace,
  tensorParallel: number,
  pipelineParallel: number,
): Finding[] {
  const most = Math.max(0, ...gpus.map((name) => supply.get(name) ?? 0));
  const wanted = tensorParallel * pipelineParallel;
  if (most === 0 || wanted <= most || onSeveralNodes(spec, engine, most)) return [];
  const why =
    spec.tensorParallel === undefined && onSeveralNodes({ ...spec, tensorParallel }, engine, most)
      ? "name tensorParallel too, and several nodes may have them"
      : tensorParallel > most
        ? "those of one group must be in one"
        : "all must be in one";
  return [
    {
      path: [spec.tensorParallel ? "tensorParallel" : "pipelineParallel"],
      problem: `makes ${wanted} GPUs, and no node has more than ${most} of those that may carry the model: ${why}`,
    },
  ];
}
