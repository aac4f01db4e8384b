import { readHuggingFace } from "../../catalog/models/huggingFace.ts";
import { models as catalog, findModel } from "../../catalog/models/models.ts";
import type { Finding } from "../faults/issues.ts";
import { either, listed, nearest } from "../faults/wording.ts";
import type { Rule } from "./rule.ts";

/** A model must be in the catalog or say what it is made of, and that in full. */
export const architectures: Rule = ({ models }) =>
  Object.entries(models).flatMap(([name, { architecture, model }]): Finding[] => {
    if (architecture !== undefined) {
      return readHuggingFace(architecture).faults.map(({ field, problem }) => ({
        path: ["models", name, "architecture", ...stepsTo(field)],
        problem,
      }));
    }
    return findModel(model) ? [] : [{ path: ["models", name, "model"], problem: unknownModel(model, name) }];
  });

function unknownModel(model: string, name: string): string {
  const ids = [...catalog.keys()];
  const near = nearest(model, ids);
  const meant = near.length > 0 ? `did you mean ${either(near)}?` : `it has ${listed(ids, model)}.`;
  return `is not in the catalog, ${meant} To add a model, put its Hugging Face config.json into m2m/${name}/`;
}

/** `layer_types.3` */
function stepsTo(field: string): (string | number)[] {
  return field === "" ? [] : field.split(".").map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}
