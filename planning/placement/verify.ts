import { costOf } from "./cost.ts";
import { carries, legalOffers, resources } from "./fit.ts";
import type { Offer, PlacedNode, Placement, PlacementProblem, Workload } from "./problem.ts";

/** Rounding of sums of prices, in US dollars an hour. */
const cents = 1e-6;

/**
 * Rules of the problem that a placement breaks, for a person; empty for a legal one. Looks at nothing but the problem
 * and the placement, so it does not share the solver's faults.
 */
export function violations(problem: PlacementProblem, placement: Placement): string[] {
  const offers = new Map(problem.offers.map((offer) => [offer.id, offer]));
  const workloads = new Map(problem.workloads.map((workload) => [workload.name, workload]));
  const standing = new Map(problem.workloads.map(({ name }) => [name, [] as PlacedNode[]]));
  for (const node of placement.nodes) for (const pod of node.pods) standing.get(pod)?.push(node);
  return [
    ...placement.nodes.flatMap((node) => nodeFaults(node, problem, placement, offers, workloads)),
    ...limitFaults(placement, problem.offers),
    ...problem.workloads.flatMap((workload) =>
      workloadFaults(workload, problem, placement, standing.get(workload.name) ?? [], offers),
    ),
    ...costFaults(problem, placement),
  ];
}

function nodeFaults(
  node: PlacedNode,
  problem: PlacementProblem,
  { options }: Placement,
  offers: ReadonlyMap<string, Offer>,
  workloads: ReadonlyMap<string, Workload>,
): string[] {
  const at = `node ${node.offer} in ${node.zone}`;
  const offer = offers.get(node.offer);
  if (!offer) return [`${at}: no such offer`];
  const faults: string[] = [];
  if (!offer.zones.includes(node.zone)) faults.push(`${at}: not offered there`);
  if (!problem.zones.includes(node.zone)) faults.push(`${at}: not a zone of the network`);
  if (node.pods.length === 0) faults.push(`${at}: empty`);
  if (node.pods.length > offer.pods) faults.push(`${at}: ${node.pods.length} pods, room for ${offer.pods}`);
  const demands = node.pods.flatMap(
    (pod) => workloads.get(pod)?.options.find(({ id }) => id === options.get(pod))?.demand ?? [],
  );
  if (demands.length < node.pods.length) faults.push(`${at}: a pod of no workload, or without an option`);
  for (const resource of resources) {
    const used = demands.reduce((sum, demand) => sum + demand[resource], 0);
    if (used > offer.room[resource])
      faults.push(`${at}: ${used} ${resource} used of ${offer.room[resource]}`);
  }
  const roles = new Set(node.pods.map((pod) => workloads.get(pod)?.role));
  if (roles.size > 1) faults.push(`${at}: pods of roles ${[...roles].join(" and ")}`);
  return faults;
}

function limitFaults({ nodes }: Placement, offers: readonly Offer[]): string[] {
  const used = new Map<string, number>();
  for (const { offer } of nodes) used.set(offer, (used.get(offer) ?? 0) + 1);
  return offers.flatMap(({ id, limit }) => {
    const count = used.get(id) ?? 0;
    return limit !== undefined && count > limit ? [`${id}: ${count} nodes, limit ${limit}`] : [];
  });
}

function workloadFaults(
  workload: Workload,
  problem: PlacementProblem,
  placement: Placement,
  nodes: readonly PlacedNode[],
  offers: ReadonlyMap<string, Offer>,
): string[] {
  const { name, replicas, spread } = workload;
  const chosen = placement.options.get(name);
  const refused = placement.unplaceable.some(({ workload }) => workload === name);
  if (chosen === undefined) {
    if (!refused) return [`${name}: neither placed nor unplaceable`];
    return nodes.length > 0 ? [`${name}: has pods though it is unplaceable`] : [];
  }
  const faults: string[] = [];
  if (refused) faults.push(`${name}: both placed and unplaceable`);
  if (nodes.length !== replicas) faults.push(`${name}: ${nodes.length} pods for ${replicas} replicas`);
  const option = workload.options.find(({ id }) => id === chosen);
  if (!option) return [...faults, `${name}: no option ${chosen}`];
  const legal = new Set(legalOffers(workload, problem.offers).map(({ id }) => id));
  for (const id of new Set(nodes.map(({ offer }) => offer))) {
    const offer = offers.get(id);
    if (!legal.has(id)) faults.push(`${name}: may not use ${id}`);
    if (offer && !carries(offer, option)) faults.push(`${name}: ${id} can't carry ${chosen}`);
  }
  if (spread !== "none" && new Set(nodes).size < nodes.length)
    faults.push(`${name}: two replicas on one node`);
  if (spread === "zone") {
    const counts = problem.zones.map((zone) => nodes.filter((node) => node.zone === zone).length);
    if (Math.max(...counts) - Math.min(...counts) > 1)
      faults.push(`${name}: ${counts.join(", ")} replicas by zone`);
  }
  return faults;
}

function costFaults(problem: PlacementProblem, placement: Placement): string[] {
  const { gap, lowerBound, usdPerHour } = placement;
  const { nodes, total } = costOf(problem, placement);
  const faults: string[] = [];
  if (Math.abs(nodes - usdPerHour) > cents) faults.push(`nodes cost ${nodes} an hour, not ${usdPerHour}`);
  if (lowerBound > total + cents) faults.push(`lower bound ${lowerBound} above the cost ${total}`);
  const rightGap = total > 0 ? (total - lowerBound) / total : 0;
  if (Math.abs(gap - rightGap) > cents) faults.push(`gap ${rightGap}, not ${gap}`);
  return faults;
}
