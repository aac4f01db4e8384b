import type { PlacementProblem } from "./problem.ts";

/** By UTF-16 code units: the same everywhere, unlike the order of a locale. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The same problem with workloads, offers and zones in order of their names, so that the order in which they were given
 * can't decide between answers of equal cost. Options stay as they are: their order is the workload's preference.
 */
export function inOrder(problem: PlacementProblem): PlacementProblem {
  const [zone, ...zones] = problem.zones.toSorted(byText);
  return {
    ...problem,
    zones: zone === undefined ? problem.zones : [zone, ...zones],
    workloads: problem.workloads.toSorted((a, b) => byText(a.name, b.name)),
    offers: problem.offers.toSorted((a, b) => byText(a.id, b.id)),
  };
}
