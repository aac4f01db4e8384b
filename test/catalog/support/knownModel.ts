import type { CatalogModel } from "../../../catalog/models/architecture.ts";
import { findModel } from "../../../catalog/models/models.ts";

/** A model that the catalog must have. */
export function knownModel(id: string): CatalogModel {
  const model = findModel(id);
  if (model === undefined) throw new Error(`${id} is not in the catalog`);
  return model;
}
