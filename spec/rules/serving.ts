import type { Finding } from "../faults/issues.ts";
import type { ModelRule, PlacedModelRule } from "./model.ts";

/** Numbers of replicas that contradict each other. */
export const scaling: ModelRule = ({ spec: { autoscaling, replicas } }) => {
  if (autoscaling === undefined) return [];
  const { least, most } = autoscaling;
  if (least > most) {
    return [{ path: ["autoscaling"], problem: `least is ${least}, which is more than most, ${most}` }];
  }
  if (replicas === undefined || (replicas >= least && replicas <= most)) return [];
  return [{ path: ["replicas"], problem: `is not within autoscaling, ${least} to ${most}` }];
};

/** Settings that only one engine knows. */
export const servers: PlacedModelRule = ({ engine, spec }) => {
  const findings: Finding[] = [];
  if (spec.server === "triton" && engine !== "vllm") {
    findings.push({ path: ["server"], problem: `triton runs vllm inside, and the engine is ${engine}` });
  }
  if (spec.digest !== undefined && engine !== "ollama") {
    findings.push({
      path: ["digest"],
      problem: `is of Ollama's library, and the engine is ${engine}: pin its files by revision`,
    });
  }
  if (spec.autoscaling !== undefined && engine === "ollama") {
    findings.push({
      path: ["autoscaling"],
      problem: "ollama has no metric to scale by: set replicas, or take vllm",
    });
  }
  return findings;
};
