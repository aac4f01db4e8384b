import type { Fleet, PodKind } from "../fleet/fleet.ts";
import { perZone } from "../spread.ts";

/** What a pod is worth by shape, in US dollars an hour. */
export interface Prices {
  /** By zone; the same in all where they don't matter. */
  readonly inZone: readonly Float64Array[];
  /** On a node that floats: at least as much as in any zone. */
  readonly floating: Float64Array;
}

export interface PriceBound {
  /** No placement costs less. */
  readonly cost: number;
  /** The prices with which that was shown. */
  readonly prices: Prices;
  /** By offer with a limit: what one more node of it would be worth beyond its price. */
  readonly scarcity: ReadonlyMap<string, number>;
}

/**
 * The least that any placement costs, shown by prices of pods.
 *
 * Let no pattern of an offer without a limit be worth more than its node costs: then all nodes together cost at least
 * what their pods are worth, and each workload's pods are worth at least those of its cheapest way. A node of an offer
 * with a limit may carry more than it costs; that much is taken off again for as many nodes as there can be.
 * This is Lagrangian duality, as Gilmore and Gomory used it for cutting stock (Operations Research 9(6), 1961); prices
 * that are a little too high are all lowered in proportion, as Farley proposed (Operations Research 38(5), 1990).
 *
 * @param worthiest by host: no pattern of it is worth more at these prices
 */
export function boundByPrices(
  fleet: Fleet,
  prices: Prices,
  worthiest: readonly number[],
  exclusion: number,
): PriceBound {
  let scale = 1;
  for (const { index, offer } of fleet.hosts) {
    const worth = worthiest[index] ?? 0;
    if (offer.limit === undefined && worth > offer.usdPerHour)
      scale = Math.min(scale, offer.usdPerHour / worth);
  }
  const scaled = {
    inZone: prices.inZone.map((ofZone) => ofZone.map((price) => price * scale)),
    floating: prices.floating.map((price) => price * scale),
  };
  const scarcity = new Map<string, number>();
  let cost = 0;
  for (const { index, offer } of fleet.hosts) {
    if (offer.limit === undefined) continue;
    const before = scarcity.get(offer.id) ?? 0;
    const excess = Math.max(before, (worthiest[index] ?? 0) * scale - offer.usdPerHour);
    scarcity.set(offer.id, excess);
    cost -= (excess - before) * offer.limit;
  }
  const worth = fleet.kinds.map((kind) => worthOfOne(fleet, kind, scaled));
  for (const { leaving = 0, members, replicas, secure, ways } of fleet.groups) {
    const choices = ways.map(({ cost, kind }) => cost + (worth[kind]?.(replicas) ?? 0));
    cost += members.length * Math.min(...choices, secure ? Number.POSITIVE_INFINITY : exclusion + leaving);
  }
  return { cost, prices: scaled, scarcity };
}

/** What all pods of one workload are worth at least, wherever they stand. */
function worthOfOne(
  { hosts, shapes, zones }: Fleet,
  { shape: index, spread }: PodKind,
  { inZone }: Prices,
): (replicas: number) => number {
  const shape = shapes[index];
  const price = (zone: number) => inZone[zone]?.[index] ?? 0;
  if (!shape?.zoned) return (replicas) => replicas * price(0);
  const reachable = new Set(shape.hosts.flatMap((host) => hosts[host]?.zones ?? []));
  const sorted = [...reachable].map(price).toSorted((a, b) => a - b);
  if (spread !== "zone") return (replicas) => replicas * (sorted[0] ?? 0);
  return (replicas) => {
    const { extra, floor } = perZone(replicas, zones.length);
    return floor * sum(sorted) + sum(sorted.slice(0, extra));
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
