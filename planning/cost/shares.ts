import type { Demand, Offer, PlacedNode } from "../placement/problem.ts";

/**
 * Divides the price of each node among its pods by the scarcest thing that they take of it, so that the shares of a
 * node always add up to its price: what nobody uses is paid by those who made the node necessary.
 * @param demandOf what a pod of a workload takes
 * @param priceOf US dollars an hour of one node of an offer
 * @returns US dollars an hour by workload, all its replicas together
 */
export function shareOfNodes(
  nodes: readonly PlacedNode[],
  offers: ReadonlyMap<string, Offer>,
  demandOf: (workload: string) => Demand | undefined,
  priceOf: (offer: Offer) => number,
): Map<string, number> {
  const shares = new Map<string, number>();
  for (const node of nodes) {
    const offer = offers.get(node.offer);
    if (offer === undefined) continue;
    const weights = node.pods.map((pod) => weightOf(demandOf(pod), offer.room));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (const [index, pod] of node.pods.entries()) {
      const share = total > 0 ? (weights[index] ?? 0) / total : 1 / node.pods.length;
      shares.set(pod, (shares.get(pod) ?? 0) + share * priceOf(offer));
    }
  }
  return shares;
}

/** The largest part of any resource, the dominant share of Ghodsi et al., "Dominant Resource Fairness", NSDI 2011. */
function weightOf(demand: Demand | undefined, room: Demand): number {
  if (demand === undefined) return 0;
  const part = (need: number, have: number) => (have > 0 ? need / have : 0);
  return Math.max(
    part(demand.gpus, room.gpus),
    part(demand.milliCpus, room.milliCpus),
    part(demand.memoryMiB, room.memoryMiB),
  );
}
