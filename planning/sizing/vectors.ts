import type { PurchaseOption } from "../../spec/capacity.ts";
import type { PlatformSpec } from "../../spec/platform.ts";
import { planChroma } from "./vectors/chroma.ts";
import { ignoredSettings, unquantized, withDefaults } from "./vectors/collection.ts";
import { planPgvector } from "./vectors/pgvector.ts";
import { planQdrant } from "./vectors/qdrant.ts";
import type { VectorStorePlan } from "./vectors/store.ts";

/**
 * Sizes the vector store of an environment for all its collections. Without a `store`: Chroma in local and dev, where
 * one small server does; Qdrant in staging and prod, where it must survive a node and grow.
 * @param purchase ways to buy its nodes, best first; empty where no nodes are bought
 */
export function planVectors(
  { environment, retrieval }: Pick<PlatformSpec, "environment" | "retrieval">,
  purchase: readonly PurchaseOption[],
): VectorStorePlan {
  const specs = Object.entries(retrieval.collections).sort(([a], [b]) => (a < b ? -1 : 1));
  const small = environment === "local" || environment === "dev";
  const store = retrieval.store ?? (small ? "chroma" : "qdrant");
  if (store === "qdrant") {
    const collections = specs.map(([name, spec]) => withDefaults(name, spec, environment));
    return planQdrant(collections, environment, retrieval.nodes, purchase);
  }
  const collections = specs.map(([name, spec]) => unquantized(name, spec));
  const plan = store === "chroma" ? planChroma(collections, purchase) : planPgvector(collections);
  const ignored = specs.flatMap(([name, spec]) => ignoredSettings(name, spec, store));
  return { ...plan, warnings: [...plan.warnings, ...ignored] };
}
