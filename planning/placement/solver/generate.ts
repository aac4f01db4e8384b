import type { Highs } from "highs";
import { podsPerNode } from "../fit.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { bestPattern, type Shelf } from "../pattern.ts";
import { type Column, isZoned, type Master } from "./master.ts";
import { boundByPrices, type PriceBound, type Prices } from "./prices.ts";

export interface Generated {
  readonly columns: readonly Column[];
  readonly bound: PriceBound;
  /** Cost of the relaxation over these columns. */
  readonly relaxed: number;
}

/** Steps of one search for a pattern. */
const searchSteps = 20_000;
/** How much more than its price a new pattern must be worth: below, the solver's own tolerance is larger. */
const tolerance = 1e-6;

/**
 * Column generation: solves the relaxation over a few patterns, asks for each host which pattern would be worth more
 * than its node at the prices that come out, adds those, and again, until there is none. Gilmore and Gomory 1961.
 */
export function generateColumns(
  highs: Highs,
  fleet: Fleet,
  shelves: readonly Shelf[],
  master: Master,
  exclusion: number,
): Generated {
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
      const prices = pricesFrom(fleet, master, duals);
      const worthiest = fleet.hosts.map(() => 0);
      const added: Column[] = [];
      for (const shelf of shelves) {
        const { host } = shelf;
        const limit = master.limits.get(host.offer.id);
        const price = host.offer.usdPerHour - (limit === undefined ? 0 : Math.min(0, duals[limit] ?? 0));
        const above = price * (1 + tolerance) + 1e-9;
        for (const zone of zonesToPrice(fleet, shelf)) {
          const worth = prices[zone ?? host.zones[0] ?? 0] ?? new Float64Array();
          const { bound, slots } = bestPattern(shelf, worth, above, searchSteps);
          worthiest[host.index] = Math.max(worthiest[host.index] ?? 0, bound);
          if (!slots) continue;
          const zoned = slots.some(({ kind }) => fleet.kinds[kind]?.spread === "zone");
          const column: Column = { host, slots, zone: zoned ? zone : undefined };
          const key = columnKey(column);
          if (known.has(key)) continue;
          known.add(key);
          added.push(column);
        }
      }
      const bound = boundByPrices(fleet, prices, worthiest, exclusion);
      if (!best || bound.cost > best.cost) best = bound;
      if (added.length === 0) return { columns, bound: best, relaxed };
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
function zonesToPrice({ kinds }: Fleet, { host, items }: Shelf): readonly (number | undefined)[] {
  return items.some(({ kind }) => kinds[kind]?.spread === "zone") ? host.zones : [undefined];
}

/** For each kind, and each zone where zones matter, the host on which a pod alone with its like costs least. */
function seeds({ hosts, kinds }: Fleet): Column[] {
  return kinds.flatMap((kind) => {
    const columns = kind.hosts.flatMap((at): Column[] => {
      const host = hosts[at];
      if (!host) return [];
      const count = Math.min(podsPerNode(kind.demand, host.offer), kind.mostPerNode);
      const slots = [{ kind: kind.index, count }];
      return (isZoned(kind) ? host.zones : [undefined]).map((zone) => ({ host, zone, slots }));
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

function pricesFrom({ hosts, kinds, zones }: Fleet, { supply }: Master, duals: Float64Array): Prices {
  const prices = zones.map((_, zone) =>
    Float64Array.from(kinds, ({ index }) => {
      const rows = supply[index] ?? [];
      return Math.max(0, duals[(rows.length > 1 ? rows[zone] : rows[0]) ?? 0] ?? 0);
    }),
  );
  // What nodes carry that cost nothing and have no end is worth nothing; rounding errors must not say otherwise.
  const free = new Set(
    hosts
      .filter(({ offer }) => offer.limit === undefined && offer.usdPerHour === 0)
      .map(({ index }) => index),
  );
  for (const kind of kinds) {
    for (const host of kind.hosts) {
      if (!free.has(host)) continue;
      for (const zone of isZoned(kind) ? (hosts[host]?.zones ?? []) : zones.keys()) {
        const ofZone = prices[zone];
        if (ofZone) ofZone[kind.index] = 0;
      }
    }
  }
  return prices;
}

export function columnKey({ host, slots, zone }: Column): string {
  return `${host.index}/${zone ?? ""}/${slots.map(({ count, kind }) => `${kind}x${count}`).join()}`;
}
