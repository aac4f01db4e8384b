import type { NodeGroupPlan } from "./infrastructure.ts";

/**
 * Workloads that get room, nodes and a price, so that an environment is as large as it will be, and whose pods nothing makes
 * yet. A name leaves this list when a component makes it: `test/stacks/preview.engine.test.ts` compares.
 */
const notMadeYet = [/^airflow-/, /^prefect-/, /^nlp$/, /^embed-/, /^(qdrant|chroma)$/];

/** Of the workloads on these nodes, by name. */
export function unmade(nodeGroups: readonly Pick<NodeGroupPlan, "pods">[]): string[] {
  const names = nodeGroups.flatMap(({ pods }) => Object.keys(pods));
  return [...new Set(names)].filter((name) => notMadeYet.some((pattern) => pattern.test(name))).sort();
}

export function unmadeWarnings(nodeGroups: readonly Pick<NodeGroupPlan, "pods">[]): string[] {
  const names = unmade(nodeGroups);
  if (names.length === 0) return [];
  return [
    `nodes and prices are for these too, which this version does not bring up yet: ${names.join(", ")}`,
  ];
}
