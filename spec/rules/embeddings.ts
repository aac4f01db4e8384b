import { embeddingModels, findEmbeddingModel } from "../../catalog/models/embeddings.ts";
import { unknownName } from "../faults/wording.ts";
import type { Rule } from "./rule.ts";

/** What an embedding job takes depends on its model: the catalog must have it. */
export const embeddings: Rule = ({ nlp }) =>
  Object.entries(nlp?.embeddings ?? {}).flatMap(([name, { model }]) =>
    findEmbeddingModel(model)
      ? []
      : [
          {
            path: ["nlp", "embeddings", name, "model"],
            problem: unknownName(model, [...embeddingModels.keys()]),
          },
        ],
  );
