import type { Highs, Model } from "highs";
import type { Fleet, Host } from "../fleet/fleet.ts";
import { bestPattern, capped, type Shelf, shelvesOf } from "../pattern.ts";
import { buildMaster, type Column, columnKey, type Master } from "./master.ts";
import type { Prices } from "./prices.ts";

/** Steps of one search for a pattern. */
const searchSteps = 5_000;
const infinity = Number.POSITIVE_INFINITY;

export interface Solved {
  readonly cost: number;
  readonly prices: Prices;
  /** By offer with a limit: what one more node of it would save. */
  readonly scarcity: ReadonlyMap<string, number>;
  /** By group and way: how many workloads take it. */
  readonly ways: readonly (readonly number[])[];
  /** By column: how many nodes. */
  readonly nodes: Float64Array;
}

/** The program without whole numbers, over columns that grow in number. Solved again it starts from where it was. */
export class Relaxation {
  readonly columns: Column[] = [];
  readonly #fleet: Fleet;
  readonly #master: Master;
  readonly #model: Model;
  readonly #shelves: readonly Shelf[];
  readonly #known = new Set<string>();

  private constructor(fleet: Fleet, master: Master, model: Model) {
    this.#fleet = fleet;
    this.#master = master;
    this.#model = model;
    this.#shelves = shelvesOf(fleet);
  }

  /** The solver's memory is given back when `work` is done. */
  static with<Result>(
    highs: Highs,
    fleet: Fleet,
    exclusion: number,
    columns: readonly Column[],
    work: (relaxation: Relaxation) => Result,
  ): Result {
    const master = buildMaster(fleet, exclusion);
    return highs.withModel(master.program.data(false), (model) => {
      model.options.set({ output_flag: false, presolve: "off" });
      const relaxation = new Relaxation(fleet, master, model);
      relaxation.add(columns);
      return work(relaxation);
    });
  }

  /** @returns undefined where there is no solution */
  solve(): Solved | undefined {
    this.#model.run();
    if (this.#model.info.get("primal_solution_status") !== 2) return undefined;
    const { colValue, rowDual } = this.#model.getSolution();
    const { limits, program, ways } = this.#master;
    return {
      cost: this.#model.getObjectiveValue(),
      prices: pricesFrom(this.#fleet, this.#master, rowDual),
      scarcity: new Map([...limits].map(([offer, row]) => [offer, Math.max(0, -(rowDual[row] ?? 0))])),
      ways: ways.map((ofGroup) => ofGroup.map((column) => colValue[column] ?? 0)),
      nodes: colValue.slice(program.columns),
    };
  }

  /** Columns that are there already are not added again. */
  add(columns: readonly Column[]): number {
    const added = columns.filter((column) => !this.#known.has(columnKey(column)));
    for (const column of added) this.#known.add(columnKey(column));
    this.columns.push(...added);
    const entries = added.map((column) => this.#master.entries(column));
    const starts = [0];
    for (const list of entries) starts.push((starts.at(-1) ?? 0) + list.length);
    const flat = entries.flat();
    this.#model.addCols({
      cost: Float64Array.from(added, ({ host }) => host.offer.usdPerHour),
      lower: new Float64Array(added.length),
      upper: new Float64Array(added.length).fill(infinity),
      matrix: {
        format: "csc",
        numRows: this.#model.getDimensions().numRows,
        numCols: added.length,
        starts: Int32Array.from(starts),
        indices: Int32Array.from(flat, ({ row }) => row),
        values: Float64Array.from(flat, ({ value }) => value),
      },
    });
    return added.length;
  }

  /** From now on exactly so many workloads take each way. */
  takeWays(counts: readonly (readonly number[])[]): void {
    const values = Float64Array.from(counts.flat());
    this.#model.changeColsBounds({ kind: "set", indices: this.#master.ways.flat() }, values, values);
  }

  /** From now on at least so many nodes are of each column. */
  buy(counts: readonly number[]): void {
    const from = this.#master.program.columns;
    this.#model.changeColsBounds(
      { kind: "range", from, to: from + counts.length - 1 },
      Float64Array.from(counts),
      new Float64Array(counts.length).fill(infinity),
    );
  }

  /**
   * By host and zone, the pattern that is worth most at these prices, if that is clearly more than its node costs.
   * @param tolerance share of the price by which it must be worth more
   * @param most by shape, slots that a pattern may have at most
   * @returns also, by host, what no pattern is worth more than
   */
  search(
    prices: Prices,
    { scarcity }: Solved,
    tolerance: number,
    most?: readonly number[],
  ): { readonly patterns: readonly Column[]; readonly worthiest: readonly number[] } {
    const worthiest = this.#fleet.hosts.map(() => 0);
    const patterns = this.#shelves.flatMap((shelf) => {
      const { host } = shelf;
      const price = host.offer.usdPerHour + (scarcity.get(host.offer.id) ?? 0);
      const above = price * (1 + tolerance) + 1e-9;
      const open = most ? capped(shelf, (shape) => most[shape] ?? 0) : shelf;
      return zonesToPrice(this.#fleet, shelf).flatMap((zone): Column[] => {
        const { bound, slots } = bestPattern(open, worthOn(host, zone, prices), above, searchSteps);
        worthiest[host.index] = Math.max(worthiest[host.index] ?? 0, bound);
        if (!slots) return [];
        const zoned = slots.some(({ shape }) => this.#fleet.shapes[shape]?.zoned);
        return [{ host, slots, zone: zoned ? zone : undefined }];
      });
    });
    return { patterns, worthiest };
  }

  /** Whether the program gets cheaper with the column. */
  earns({ host, slots, zone }: Column, { prices, scarcity }: Solved): boolean {
    const worth = worthOn(host, zone, prices);
    const value = slots.reduce((sum, { count, shape }) => sum + count * (worth[shape] ?? 0), 0);
    const price = host.offer.usdPerHour + (scarcity.get(host.offer.id) ?? 0);
    return value > price * (1 + 1e-7) + 1e-9;
  }
}

function worthOn(host: Host, zone: number | undefined, { floating, inZone }: Prices): Float64Array {
  return (host.floats ? floating : inZone[zone ?? host.zones[0] ?? 0]) ?? new Float64Array();
}

/** Zones in which a pattern may have different worth: each of the host's, or just one where nothing spreads. */
function zonesToPrice({ shapes }: Fleet, { host, shapes: own }: Shelf): readonly (number | undefined)[] {
  return !host.floats && own.some((shape) => shapes[shape]?.zoned) ? host.zones : [undefined];
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
