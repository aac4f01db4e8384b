import type { Highs } from "highs";
import { podsPerNode } from "../fit.ts";
import type { Fleet, Host } from "../fleet/fleet.ts";
import { bestPattern, type Shelf, shelvesOf } from "../pattern.ts";
import type { Decision } from "./integer.ts";
import { buildMaster, type Column, columnKey, type Master } from "./master.ts";
import { boundByPrices, type PriceBound, type Prices } from "./prices.ts";
import { roundDown } from "./round.ts";

export interface Generated {
  readonly columns: readonly Column[];
  readonly bound: PriceBound;
  /** The relaxation's solution, as far as it is whole: what is left over has no node yet. */
  readonly rounded: Decision;
}

/** Steps of one search for a pattern. */
const searchSteps = 20_000;
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
  const shelves = shelvesOf(fleet);
  const master = buildMaster(fleet, exclusion);
  const columns = seeds(fleet);
  const known = new Set(columns.map(columnKey));
  for (const column of columns) {
    master.program.column(column.host.offer.usdPerHour, Number.POSITIVE_INFINITY, master.entries(column));
  }
  return highs.withModel(master.program.data(false), (model) => {
    model.options.set({ output_flag: false, presolve: "off" });
    let best: PriceBound | undefined;
    for (;;) {
      model.run();
      const relaxed = model.getObjectiveValue();
      const duals = model.getSolution().rowDual;
      const own = pricesFrom(fleet, master, duals);
      let added: Column[] = [];
      for (const weight of best ? [smoothing, 0] : [0]) {
        const prices = best && weight > 0 ? mixed(best.prices, own, weight) : own;
        const { patterns, worthiest } = searchPatterns(fleet, shelves, master, prices, duals, tolerance / 2);
        const bound = boundByPrices(fleet, prices, worthiest, exclusion);
        if (!best || bound.cost > best.cost) best = bound;
        added = patterns.filter(
          (column) => !known.has(columnKey(column)) && earns(column, own, master, duals),
        );
        if (added.length > 0 || relaxed - best.cost <= tolerance * relaxed) break;
      }
      if (!best) throw new Error("no bound was computed");
      if (added.length === 0 || relaxed - best.cost <= tolerance * relaxed) {
        return { columns, bound: best, rounded: roundDown(model, fleet, master, columns) };
      }
      for (const column of added) known.add(columnKey(column));
      columns.push(...added);
      model.addCols(columnData(master, added, model.getDimensions().numRows));
    }
  });
}

function mixed(stable: Prices, own: Prices, weight: number): Prices {
  const mix = (a: Float64Array, b: Float64Array) =>
    a.map((price, at) => weight * price + (1 - weight) * (b[at] ?? 0));
  return {
    inZone: stable.inZone.map((ofZone, zone) => mix(ofZone, own.inZone[zone] ?? new Float64Array())),
    floating: mix(stable.floating, own.floating),
  };
}

/** By host, the most valuable pattern of each zone that is worth clearly more than its node, and how much any is worth. */
function searchPatterns(
  fleet: Fleet,
  shelves: readonly Shelf[],
  master: Master,
  prices: Prices,
  duals: Float64Array,
  tolerance: number,
): { readonly patterns: readonly Column[]; readonly worthiest: readonly number[] } {
  const worthiest = fleet.hosts.map(() => 0);
  const patterns = shelves.flatMap((shelf) => {
    const { host } = shelf;
    const above = priceOf(host, master, duals) * (1 + tolerance) + 1e-9;
    return zonesToPrice(fleet, shelf).flatMap((zone): Column[] => {
      const worth = worthOn(host, zone, prices);
      const { bound, slots } = bestPattern(shelf, worth, above, searchSteps);
      worthiest[host.index] = Math.max(worthiest[host.index] ?? 0, bound);
      if (!slots) return [];
      const zoned = slots.some(({ shape }) => fleet.shapes[shape]?.zoned);
      return [{ host, slots, zone: zoned ? zone : undefined }];
    });
  });
  return { patterns, worthiest };
}

/** What a node costs, with what its limit makes of it. */
function priceOf({ offer }: Host, { limits }: Master, duals: Float64Array): number {
  const limit = limits.get(offer.id);
  return offer.usdPerHour - (limit === undefined ? 0 : Math.min(0, duals[limit] ?? 0));
}

function worthOn(host: Host, zone: number | undefined, { floating, inZone }: Prices): Float64Array {
  return (host.floats ? floating : inZone[zone ?? host.zones[0] ?? 0]) ?? new Float64Array();
}

/** Whether the relaxation gets cheaper with it. */
function earns({ host, slots, zone }: Column, prices: Prices, master: Master, duals: Float64Array): boolean {
  const worth = worthOn(host, zone, prices);
  const value = slots.reduce((sum, { count, shape }) => sum + count * (worth[shape] ?? 0), 0);
  return value > priceOf(host, master, duals) * (1 + 1e-7) + 1e-9;
}

function columnData(master: Master, columns: readonly Column[], numRows: number) {
  const entries = columns.map((column) => master.entries(column));
  const starts = [0];
  for (const list of entries) starts.push((starts.at(-1) ?? 0) + list.length);
  const [numCols, flat] = [columns.length, entries.flat()];
  return {
    cost: Float64Array.from(columns, ({ host }) => host.offer.usdPerHour),
    lower: new Float64Array(numCols),
    upper: new Float64Array(numCols).fill(Number.POSITIVE_INFINITY),
    matrix: {
      format: "csc" as const,
      numRows,
      numCols,
      starts: Int32Array.from(starts),
      indices: Int32Array.from(flat, ({ row }) => row),
      values: Float64Array.from(flat, ({ value }) => value),
    },
  };
}

/** Zones in which a pattern may have different worth: each of the host's, or just one where nothing spreads. */
function zonesToPrice({ shapes }: Fleet, { host, items }: Shelf): readonly (number | undefined)[] {
  return !host.floats && items.some(({ shape }) => shapes[shape]?.zoned) ? host.zones : [undefined];
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

function pricesFrom({ hosts, shapes, zones }: Fleet, { pool, supply }: Master, duals: Float64Array): Prices {
  const dual = (row: number | undefined) => Math.max(0, duals[row ?? -1] ?? 0);
  const inZone = zones.map((_, zone) =>
    Float64Array.from(shapes, ({ index, zoned }) => dual(supply[index]?.[zoned ? zone : 0])),
  );
  const floating = Float64Array.from(shapes, ({ index }) =>
    Math.max(dual(pool[index]), ...inZone.map((ofZone) => ofZone[index] ?? 0)),
  );
  // What nodes carry that cost nothing and have no end is worth nothing; rounding errors must not say otherwise.
  for (const { hosts: able, index, zoned } of shapes) {
    for (const { floats, offer, zones: own } of able.flatMap((at) => hosts[at] ?? [])) {
      if (offer.limit !== undefined || offer.usdPerHour > 0) continue;
      for (const zone of zoned ? own : zones.keys()) inZone[zone]?.fill(0, index, index + 1);
      if (floats) floating[index] = 0;
    }
  }
  return { inZone, floating };
}
