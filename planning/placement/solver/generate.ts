import type { Highs } from "highs";
import { podsPerNode } from "../fit.ts";
import type { Fleet } from "../fleet/fleet.ts";
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
/**
 * Column generation: solves the relaxation over a few patterns, asks for each host which pattern would be worth more
 * than its node at the prices that come out, adds those, and again, until there is none. Gilmore and Gomory 1961.
 *
 * @param tolerances shares by which a new pattern must be worth more than its node, one after the other: large ones find
 *   the patterns that matter with few searches, the last one is about what the bound falls short of the relaxation
 */
export function generateColumns(
  highs: Highs,
  fleet: Fleet,
  exclusion: number,
  tolerances: readonly [number, ...number[]],
): Generated {
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
    let [tolerance, ...finer] = tolerances;
    for (;;) {
      model.run();
      const duals = model.getSolution().rowDual;
      const prices = pricesFrom(fleet, master, duals);
      const worthiest = fleet.hosts.map(() => 0);
      const added: Column[] = [];
      for (const shelf of shelves) {
        const { host } = shelf;
        const limit = master.limits.get(host.offer.id);
        const price = host.offer.usdPerHour - (limit === undefined ? 0 : Math.min(0, duals[limit] ?? 0));
        const above = price * (1 + tolerance) + 1e-9;
        for (const zone of zonesToPrice(fleet, shelf)) {
          const worth = host.floats ? prices.floating : prices.inZone[zone ?? host.zones[0] ?? 0];
          const { bound, slots } = bestPattern(shelf, worth ?? new Float64Array(), above, searchSteps);
          worthiest[host.index] = Math.max(worthiest[host.index] ?? 0, bound);
          if (!slots) continue;
          const zoned = slots.some(({ shape }) => fleet.shapes[shape]?.zoned);
          const column: Column = { host, slots, zone: zoned ? zone : undefined };
          const key = columnKey(column);
          if (known.has(key)) continue;
          known.add(key);
          added.push(column);
        }
      }
      const bound = boundByPrices(fleet, prices, worthiest, exclusion);
      if (!best || bound.cost > best.cost) best = bound;
      if (added.length === 0) {
        const [next, ...others] = finer;
        if (next === undefined)
          return { columns, bound: best, rounded: roundDown(model, fleet, master, columns) };
        [tolerance, finer] = [next, others];
        continue;
      }
      columns.push(...added);
      model.addCols(columnData(master, added, model.getDimensions().numRows));
    }
  });
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
