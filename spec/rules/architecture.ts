import { models as catalog, findModel } from "../../catalog/models/models.ts";
import type { Finding } from "../faults/issues.ts";
import { either, listed, nearest } from "../faults/wording.ts";
import type { Rule } from "./rule.ts";

/** A model must be in the catalog or say what it is made of. */
export const known: Rule = ({ models }) =>
  Object.entries(models).flatMap(([name, { architecture, model }]): Finding[] => {
    if (architecture !== undefined || findModel(model)) return [];
    const ids = [...catalog.keys()];
    const near = nearest(model, ids);
    const meant = near.length > 0 ? `did you mean ${either(near)}?` : `it has ${listed(ids, model)}.`;
    const problem = `is not in the catalog, ${meant} To add a model, put its Hugging Face config.json into m2m/${name}/`;
    return [{ path: ["models", name, "model"], problem }];
  });
