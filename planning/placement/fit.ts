import type { Demand, Offer, Option, Workload } from "./problem.ts";

/** What a pod takes of a node, in the order in which `amounts` gives it. */
export const resources = ["gpus", "milliCpus", "memoryMiB", "diskGiB"] as const;
export type Resource = (typeof resources)[number];

/** Of these amounts `room` has as much as is asked: pods of no GPU fit on any kind. */
export function fits(demand: Demand, room: Demand): boolean {
  return gpuMatches(demand, room) && resources.every((resource) => demand[resource] <= room[resource]);
}

export function gpuMatches(demand: Demand, room: Demand): boolean {
  return demand.gpus === 0 || demand.gpu === room.gpu;
}

/** Whether a node of the offer can carry one pod of the option, whoever may buy it. */
export function carries(offer: Offer, option: Option): boolean {
  return offer.pods > 0 && hasFeatures(offer, option) && fits(option.demand, offer.room);
}

export function hasFeatures(offer: Offer, { needs }: Option): boolean {
  return needs.every((feature) => offer.features.includes(feature));
}

/** Pods of this demand that a node has room for when it carries nothing else. */
export function podsPerNode(demand: Demand, { pods, room }: Offer): number {
  return Math.min(
    pods,
    ...resources.map((resource) =>
      demand[resource] === 0 ? pods : Math.floor(room[resource] / demand[resource]),
    ),
  );
}

/**
 * Offers that workloads of this role and purchase order may use. Of each instance type the first way to buy that is
 * offered counts; where all offers of that way have a limit, the next counts as well.
 */
export function legalOffers(
  { purchase, role }: Pick<Workload, "purchase" | "role">,
  offers: readonly Offer[],
): Offer[] {
  const types = grouped(
    offers.filter(({ roles }) => roles.includes(role)),
    ({ instanceType }) => instanceType,
  );
  return [...types.values()].flatMap((ofType) => {
    const legal: Offer[] = [];
    for (const way of purchase) {
      const bought = ofType.filter((offer) => offer.purchase === way);
      legal.push(...bought);
      if (bought.some(({ limit }) => limit === undefined)) break;
    }
    return legal;
  });
}

/** Whether replicas that may not meet find enough nodes and zones among offers, limits of single offers counted. */
export function canSpread(
  { replicas, spread }: Pick<Workload, "replicas" | "spread">,
  offers: readonly Offer[],
  zones: readonly string[],
): boolean {
  if (spread === "none") return offers.length > 0;
  const nodes = offers.reduce((sum, { limit }) => sum + (limit ?? replicas), 0);
  if (nodes < replicas) return false;
  if (spread === "node") return true;
  return zonesOf(offers, zones).length >= Math.min(replicas, zones.length);
}

/** Zones of the network in which at least one of the offers can be had. */
export function zonesOf(offers: readonly Offer[], zones: readonly string[]): string[] {
  return zones.filter((zone) => offers.some((offer) => offer.zones.includes(zone)));
}

/** Values by key, keys in the order in which they first come. */
export function grouped<Value, Key>(
  values: Iterable<Value>,
  keyOf: (value: Value) => Key,
): Map<Key, [Value, ...Value[]]> {
  const groups = new Map<Key, [Value, ...Value[]]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}
