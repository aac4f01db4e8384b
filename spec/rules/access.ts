import type { Finding } from "../faults/issues.ts";
import type { Path } from "../faults/path.ts";
import { unknownName } from "../faults/wording.ts";
import type { Judged } from "../judged.ts";
import type { Rule } from "./rule.ts";

/** A model's fallbacks are others of the platform, and each speaks OpenAI's API as it does. */
export const fallbacks: Rule = (platform) =>
  Object.entries(platform.models).flatMap(([name, { fallbacks: others = [], server }]) => {
    const path = ["models", name, "fallbacks"];
    if (server === "triton" && others.length > 0) {
      return [{ path, problem: "triton speaks a protocol of its own: nothing else can answer in its place" }];
    }
    return [
      ...unknownModels(path, others, platform),
      ...others.flatMap((other, index): Finding[] => {
        if (other === name) return [{ path: [...path, index], problem: "is the model itself" }];
        if (platform.models[other]?.server !== "triton") return [];
        return [
          { path: [...path, index], problem: "triton speaks a protocol of its own: it can't answer here" },
        ];
      }),
    ];
  });

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
