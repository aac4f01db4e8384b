import type { PurchaseOption } from "../../spec/capacity.ts";
import { vectorStore } from "../../spec/defaults.ts";
import type { PlatformSpec } from "../../spec/platform.ts";
import { planChroma } from "./vectors/chroma.ts";
import { unquantized, withDefaults } from "./vectors/collection.ts";
import { planPgvector } from "./vectors/pgvector.ts";
import { planQdrant } from "./vectors/qdrant.ts";
import type { VectorStorePlan } from "./vectors/store.ts";

/**
 * Sizes the vector store of an environment for all its collections.
 * @param purchase ways to buy its nodes, best first; empty where no nodes are bought
 */
export function planVectors(
  { environment, retrieval }: Pick<PlatformSpec, "environment" | "retrieval">,
  purchase: readonly PurchaseOption[],
): VectorStorePlan {
  const specs = Object.entries(retrieval.collections).sort(([a], [b]) => (a < b ? -1 : 1));
  const store = vectorStore(retrieval, environment);
  if (store === "qdrant") {
    const { nodes } = retrieval;
    const collections = specs.map(([name, spec]) => withDefaults(name, spec, environment, nodes));
    return planQdrant(collections, environment, nodes, purchase);
  }
  const collections = specs.map(([name, spec]) => unquantized(name, spec));
  return store === "chroma" ? planChroma(collections, purchase) : planPgvector(collections);
}
