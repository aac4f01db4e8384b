import { taskOf } from "../defaults.ts";
import type { Finding } from "../faults/issues.ts";
import type { Path } from "../faults/path.ts";
import { unknownName } from "../faults/wording.ts";
import type { Judged } from "../judged.ts";
import type { ModelSpec } from "../models.ts";
import type { Rule } from "./rule.ts";

/**
 * A model's fallbacks are others of the platform, and each speaks OpenAI's API as it does. Vectors of two models can't be
 * compared, so one that embeds gives way only to the same model somewhere else.
 */
export const fallbacks: Rule = (platform) =>
  Object.entries(platform.models).flatMap(([name, spec]) => {
    const { fallbacks: others = [], server } = spec;
    const path = ["models", name, "fallbacks"];
    if (server === "triton" && others.length > 0) {
      return [{ path, problem: "triton speaks a protocol of its own: nothing else can answer in its place" }];
    }
    return [
      ...unknownModels(path, others, platform),
      ...others.flatMap((other, index): Finding[] => {
        const problem = other === name ? "is the model itself" : notInstead(spec, platform.models[other]);
        return problem === undefined ? [] : [{ path: [...path, index], problem }];
      }),
    ];
  });

/** Why a model can't answer in another's place. */
function notInstead(spec: ModelSpec, other: ModelSpec | undefined): string | undefined {
  if (other === undefined) return undefined;
  if (other.server === "triton") return "triton speaks a protocol of its own: it can't answer here";
  const [asked, instead] = [taskOf(spec), taskOf(other)];
  if (asked !== instead) return `is to ${instead}, and this model is to ${asked}`;
  if (asked === "embed" && other.model !== spec.model) {
    return `makes vectors of ${other.model}, which can't be compared with those of ${spec.model}`;
  }
  return undefined;
}

/** Teams may ask models that there are. */
export const teamModels: Rule = (platform) =>
  Object.entries(platform.access?.teams ?? {}).flatMap(([team, { models = [] }]) =>
    unknownModels(["access", "teams", team, "models"], models, platform),
  );

function unknownModels(path: Path, names: readonly string[], { modelNames, models }: Judged): Finding[] {
  const known = modelNames ?? Object.keys(models);
  return names.flatMap((name, index) =>
    known.includes(name) ? [] : [{ path: [...path, index], problem: unknownName(name, known) }],
  );
}
