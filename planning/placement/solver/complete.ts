import type { Fleet } from "../fleet/fleet.ts";
import { maximalPatterns, type Shelf } from "../pattern.ts";
import { type Column, columnKey } from "./master.ts";
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
  { shapes }: Fleet,
  shelves: readonly Shelf[],
  { cost: bound, prices, scarcity }: PriceBound,
  cost: number,
  most: number,
): Column[] | undefined {
  const slack = Math.max(0, cost - bound) + 1e-6;
  const columns = new Map<string, Column>();
  const keep = (column: Column) => columns.set(columnKey(column), column);
  for (const shelf of shelves) {
    const { host } = shelf;
    const least = host.offer.usdPerHour + (scarcity.get(host.offer.id) ?? 0) - slack;
    const zoned = !host.floats && shelf.shapes.some((shape) => shapes[shape]?.zoned);
    for (const zone of zoned ? host.zones : [undefined]) {
      const worth = host.floats ? prices.floating : prices.inZone[zone ?? host.zones[0] ?? 0];
      const found = maximalPatterns(
        shelf,
        worth ?? new Float64Array(),
        least,
        most - columns.size,
        200 * most,
      );
      if (!found) return undefined;
      for (const slots of found) {
        if (slots.length === 0) continue;
        if (!slots.some(({ shape }) => shapes[shape]?.zoned)) keep({ host, zone: undefined, slots });
        else keep({ host, zone, slots });
      }
    }
  }
  return [...columns.values()];
}
