import { artefactId } from "../../catalog/models/models.ts";
import { taskOf } from "../defaults.ts";
import type { Finding } from "../faults/issues.ts";
import type { ModelInPlace, ModelRule, PlacedModelRule } from "./model.ts";

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

/** Weights that are in an image must be there to build it from, in the same bytes each time. */
export const baked: PlacedModelRule = (model) => {
  const { engine, environment, spec } = model;
  if (spec.weights !== "baked") return [];
  const problem = cantBake(model);
  if (problem !== undefined) return [{ path: ["weights"], problem }];
  if (engine !== "vllm") return [];
  if (spec.revision === undefined) {
    return [
      {
        path: ["revision"],
        problem:
          "is missing: weights that are baked into an image are those of one commit, so write its 40 digits",
      },
    ];
  }
  return copies(model).map(({ name, path }) => ({
    path,
    problem: `${name} is a copy by somebody else, which has a revision of its own: in ${environment}, name that copy as model, or leave weights at fetched`,
  }));
};

function cantBake({ engine, environment, spec }: ModelInPlace): string | undefined {
  if (environment === "local")
    return "baked needs a registry that is built for, which local has none of: leave it at fetched";
  if (engine === "tgi") return "baked is for vllm and ollama: tgi is archived upstream";
  if (spec.server === "triton")
    return "baked is for vllm's own server: triton reads its weights from the bucket";
  return undefined;
}

/** Formats whose files are in another repository than the model's own. */
function copies({
  formats,
  id,
  known,
}: ModelInPlace): { readonly name: string; readonly path: Finding["path"] }[] {
  if (known === undefined) return [];
  return formats.flatMap(({ name, path }) => {
    const repository = artefactId(known, name) ?? id;
    return repository === id ? [] : [{ name: repository, path }];
  });
}
