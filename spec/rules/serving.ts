import { taskOf } from "../defaults.ts";
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

/** Vectors are told apart only by a model that was trained for that, and made only by engines that can. */
export const tasks: PlacedModelRule = ({ engine, id, known, spec }) => {
  const findings: Finding[] = [];
  if (spec.task !== undefined && known !== undefined && spec.task !== known.task) {
    findings.push({ path: ["task"], problem: `is ${spec.task}, and ${id} was trained to ${known.task}` });
  }
  if (taskOf(spec) === "generate") return findings;
  if (engine === "tgi") {
    findings.push({ path: ["engine"], problem: `tgi generates text only, and ${id} embeds: take vllm` });
  }
  if (spec.server === "triton") {
    findings.push({
      path: ["server"],
      problem: `is triton, whose vLLM generates text only, and ${id} embeds`,
    });
  }
  return findings;
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
