import type { Highs } from "highs";
import { podsPerNode } from "../fit.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Column } from "./master.ts";
import { boundByPrices, type PriceBound, type Prices } from "./prices.ts";
import { Relaxation, type Solved } from "./relaxation.ts";
import { apportioned, type Decision, roundDown, staying } from "./round.ts";

export interface Generated {
  readonly columns: readonly Column[];
  readonly bound: PriceBound;
  /** The relaxation's solution, as far as it is whole: what is left over has no node yet. */
  readonly rounded: Decision;
  /** The same with all workloads that can stay as they are staying; undefined where none is or can. */
  readonly kept: Decision | undefined;
}

/** How much the prices of the best bound weigh against the relaxation's own. */
const smoothing = 0.8;

/**
 * Column generation: solves the relaxation over a few patterns, asks for each host which pattern would be worth more
 * than its node at the prices that come out, adds those, and again, until the bound that the prices prove is within
 * `tolerance` of the relaxation's cost (Gilmore and Gomory 1961). Prices swing wildly at first, so they are mixed
 * with those of the best bound so far (Wentges, International Transactions in Operational Research 4(2), 1997).
 *
 * @param tolerance share of the cost
 */
export function generateColumns(highs: Highs, fleet: Fleet, exclusion: number, tolerance: number): Generated {
  return Relaxation.with(highs, fleet, exclusion, seeds(fleet), (relaxation) => {
    let best: PriceBound | undefined;
    for (;;) {
      const solved = relaxation.solve();
      if (!solved) throw new Error("the relaxation of a placement has no solution");
      const step = improve(relaxation, fleet, exclusion, solved, best, tolerance);
      best = step.bound;
      if (step.added === 0) {
        const rounded = roundDown(relaxation, apportioned(solved));
        const kept = staying(fleet, solved);
        return {
          columns: relaxation.columns,
          bound: best,
          rounded: rounded ?? { ways: apportioned(solved), nodes: [] },
          kept: kept && roundDown(relaxation, kept),
        };
      }
    }
  });
}

/** Adds patterns that make the relaxation cheaper: none where the bound is near enough, or there are none. */
function improve(
  relaxation: Relaxation,
  fleet: Fleet,
  exclusion: number,
  solved: Solved,
  before: PriceBound | undefined,
  tolerance: number,
): { readonly bound: PriceBound; readonly added: number } {
  const attempt = (prices: Prices, known: PriceBound | undefined) => {
    const { patterns, worthiest } = relaxation.search(prices, solved, tolerance / 2);
    const own = boundByPrices(fleet, prices, worthiest, exclusion);
    const bound = known && known.cost >= own.cost ? known : own;
    if (solved.cost - bound.cost <= tolerance * solved.cost) return { bound, added: 0, near: true };
    return {
      bound,
      added: relaxation.add(patterns.filter((column) => relaxation.earns(column, solved))),
      near: false,
    };
  };
  if (!before) return attempt(solved.prices, undefined);
  const smoothed = attempt(mixed(before.prices, solved.prices), before);
  // Patterns that are worth it only at mixed prices don't help: then the relaxation's own decide.
  return smoothed.near || smoothed.added > 0 ? smoothed : attempt(solved.prices, smoothed.bound);
}

function mixed(stable: Prices, own: Prices): Prices {
  const mix = (a: Float64Array, b: Float64Array) =>
    a.map((price, at) => smoothing * price + (1 - smoothing) * (b[at] ?? 0));
  return {
    inZone: stable.inZone.map((ofZone, zone) => mix(ofZone, own.inZone[zone] ?? new Float64Array())),
    floating: mix(stable.floating, own.floating),
  };
}

/** For each shape, and each zone where zones matter, the host on which a pod alone with its like costs least. */
function seeds({ hosts, shapes }: Fleet): Column[] {
  return shapes.flatMap(({ demand, hosts: able, index, mostPerNode, zoned }) => {
    const columns = able.flatMap((at): Column[] => {
      const host = hosts[at];
      if (!host) return [];
      const slots = [{ shape: index, count: Math.min(podsPerNode(demand, host.offer), mostPerNode) }];
      return (zoned && !host.floats ? host.zones : [undefined]).map((zone) => ({ host, zone, slots }));
    });
    return cheapest(columns);
  });
}

function cheapest(columns: readonly Column[]): Column[] {
  const best = new Map<number | undefined, Column>();
  for (const column of columns) {
    const other = best.get(column.zone);
    if (!other || isBetterSeed(column, other)) best.set(column.zone, column);
  }
  return [...best.values()];
}

/** One without a limit, so that the first relaxation has a solution; then by price per pod. */
function isBetterSeed(column: Column, other: Column): boolean {
  const unlimited = ({ host }: Column) => host.offer.limit === undefined;
  if (unlimited(column) !== unlimited(other)) return unlimited(column);
  const price = ({ host, slots }: Column) => host.offer.usdPerHour / (slots[0]?.count ?? 1);
  return price(column) < price(other);
}
