import type { Fleet } from "../fleet/fleet.ts";
import { maximalPatterns, type Shelf } from "../pattern.ts";
import { type Column, isZoned } from "./master.ts";
import type { PriceBound } from "./prices.ts";

/**
 * Every pattern that a placement cheaper than `cost` can contain. At the prices of a bound, a node that carries less
 * than it costs adds the difference to the cost of any placement: where that alone closes the gap between bound and
 * `cost`, the pattern is out (reduced-cost fixing; for column generation see Baldacci, Christofides and Mingozzi,
 * Mathematical Programming 115(2), 2008). Patterns to which a pod could be added are left out as well: slots may stay
 * empty.
 *
 * @returns undefined when there are more than `most`
 */
export function completeColumns(
  { kinds }: Fleet,
  shelves: readonly Shelf[],
  { cost: bound, prices, scarcity }: PriceBound,
  cost: number,
  most: number,
): Column[] | undefined {
  const slack = Math.max(0, cost - bound) + 1e-6;
  const columns: Column[] = [];
  for (const shelf of shelves) {
    const { host, items } = shelf;
    const least = host.offer.usdPerHour + (scarcity.get(host.offer.id) ?? 0) - slack;
    const zoned = (kind: number) => {
      const podKind = kinds[kind];
      return podKind !== undefined && isZoned(podKind);
    };
    const zones = items.some(({ kind }) => zoned(kind)) ? host.zones : host.zones.slice(0, 1);
    for (const [at, zone] of zones.entries()) {
      const worth = prices[zone] ?? new Float64Array();
      const found = maximalPatterns(shelf, worth, least, most - columns.length, 200 * most);
      if (!found) return undefined;
      for (const slots of found) {
        if (slots.length === 0) continue;
        if (slots.some(({ kind }) => zoned(kind))) columns.push({ host, zone, slots });
        else if (at === 0) columns.push({ host, zone: undefined, slots });
      }
    }
  }
  return columns;
}
