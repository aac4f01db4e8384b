import { resources } from "./fit.ts";
import type { Packing } from "./packing.ts";
import type { Demand, Offer, Workload } from "./problem.ts";

/**
 * Places one more replica on the first node that admits it, else on a new node of the offer whose price per pod is
 * lowest.
 * @param offers those that may carry it
 * @returns whether it found a place
 */
export function placeReplica(
  packing: Packing,
  workload: Workload,
  demand: Demand,
  offers: readonly Offer[],
): boolean {
  const open = packing.zonesFor(workload);
  const usable = new Set(offers);
  const node = packing.nodes.find(
    (node) => usable.has(node.offer) && open.includes(node.zone) && packing.admits(node, workload, demand),
  );
  if (node) {
    packing.add(node, workload, demand);
    return true;
  }
  for (const offer of offers.toSorted((a, b) => pricePerPod(demand, a) - pricePerPod(demand, b))) {
    const zone = open.find((zone) => offer.zones.includes(packing.zones[zone] ?? ""));
    const opened = zone === undefined ? undefined : packing.open(offer, workload.role, zone);
    if (!opened) continue;
    packing.add(opened, workload, demand);
    return true;
  }
  return false;
}

/** US dollars an hour of a node by its largest part that one pod takes: what the pod costs where nodes fill up. */
export function pricePerPod(demand: Demand, offer: Offer): number {
  const share = Math.max(
    1 / offer.pods,
    ...resources.map((resource) => (demand[resource] === 0 ? 0 : demand[resource] / offer.room[resource])),
  );
  return offer.usdPerHour * share;
}
