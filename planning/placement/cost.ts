import type { Placement, PlacementProblem } from "./problem.ts";

/** What a placement costs an hour, in US dollars: the sum is what is minimised. */
export interface PlacementCost {
  readonly nodes: number;
  readonly penalties: number;
  readonly moves: number;
  readonly total: number;
}

export function costOf(
  problem: PlacementProblem,
  { nodes, options }: Pick<Placement, "nodes" | "options">,
): PlacementCost {
  const price = new Map(problem.offers.map(({ id, usdPerHour }) => [id, usdPerHour]));
  const offers = new Map<string, Set<string>>();
  for (const { offer, pods } of nodes) {
    for (const pod of pods) offers.set(pod, (offers.get(pod) ?? new Set()).add(offer));
  }
  let [penalties, moves] = [0, 0];
  for (const { name, options: all, replicas } of problem.workloads) {
    const option = all.find(({ id }) => id === options.get(name));
    penalties += (option?.penalty ?? 0) * replicas;
    const before = problem.previous.get(name);
    if (!before) continue;
    const stays =
      option?.id === before.option &&
      [...(offers.get(name) ?? [])].every((offer) => before.offers.includes(offer));
    if (!stays) moves += before.moveCost;
  }
  const ofNodes = nodes.reduce((sum, { offer }) => sum + (price.get(offer) ?? 0), 0);
  return { nodes: ofNodes, penalties, moves, total: ofNodes + penalties + moves };
}
