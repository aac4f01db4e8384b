import type { Fleet } from "../fleet/fleet.ts";
import type { Column, Master } from "./master.ts";
import type { Decision } from "./round.ts";
import type { Chosen, Shortage } from "./seating.ts";

/** A column and its index in the program. */
export interface Numbered {
  readonly column: Column;
  readonly index: number;
}

/** A way of a group whose replicas may not meet, in one shape. */
interface SpreadWay {
  readonly column: number;
  readonly members: number;
  readonly replicas: number;
}

/**
 * Rows that keep a program from buying too few nodes for replicas that may not meet.
 *
 * Of n workloads, a node takes at most n pods of a shape: so where n workloads with r replicas each choose it, the sum
 * over nodes of min(slots, n) is at least n r. That is so for any n of them, and as well if fewer of those choose it,
 * for fewer need less: each row takes a set of workloads and counts the replicas of those that choose the shape.
 * Workloads of a group are interchangeable, so a part of a group counts by the share of the group that chooses.
 */
export class Cuts {
  readonly #master: Master;
  readonly #fleet: Fleet;
  readonly #thresholds = new Map<string, number>();
  readonly #byShape: readonly Numbered[][];
  readonly #spread: readonly SpreadWay[][];

  constructor(fleet: Fleet, master: Master, columns: readonly Numbered[]) {
    this.#fleet = fleet;
    this.#master = master;
    this.#byShape = fleet.shapes.map(({ index }) =>
      columns.filter(({ column }) => countOf(column, index) > 0),
    );
    this.#spread = fleet.shapes.map((): SpreadWay[] => []);
    for (const { index, members, replicas, ways } of fleet.groups) {
      for (const [way, { kind }] of ways.entries()) {
        const { shape = -1, spread } = fleet.kinds[kind] ?? {};
        const column = master.ways[index]?.[way];
        if (spread === "none" || column === undefined) continue;
        this.#spread[shape]?.push({ column, members: members.length, replicas });
      }
    }
  }

  /**
   * Adds the rows that values of the relaxation break, at most one for each shape.
   * @returns how many
   */
  separate(values: Float64Array): number {
    const value = (column: number) => values[column] ?? 0;
    let added = 0;
    for (const [shape, columns] of this.#byShape.entries()) {
      const share = ({ column, members, replicas }: SpreadWay) => (replicas * value(column)) / members;
      const ranked = (this.#spread[shape] ?? [])
        .filter(({ column }) => value(column) > 1e-6)
        .toSorted((a, b) => share(b) - share(a));
      const mostSlots = Math.max(0, ...columns.map(({ column }) => countOf(column, shape)));
      let worst: { readonly lack: number; readonly n: number } = { lack: 1e-4, n: 0 };
      for (let n = 1; n < mostSlots; n++) {
        const needed = firstOf(ranked, n).reduce((sum, { taken, way }) => sum + taken * share(way), 0);
        const slots = columns.reduce(
          (sum, { column, index }) => sum + Math.min(countOf(column, shape), n) * value(index),
          0,
        );
        if (needed - slots > worst.lack) worst = { lack: needed - slots, n };
      }
      if (worst.n === 0) continue;
      added++;
      const row = this.#slots(shape, () => worst.n);
      for (const { taken, way } of firstOf(ranked, worst.n)) {
        this.#master.program.extend(way.column, { row, value: (-taken * way.replicas) / way.members });
      }
    }
    return added;
  }

  /**
   * Adds the row that a decision breaks where not all pods of a shape found a seat. Where not all of a group chose the
   * shape, its share would say too little: then its part counts from as many on as did, by a column of 0 or 1.
   */
  add(shape: number, { atMost, needs }: Shortage, decision: Decision): void {
    const { program } = this.#master;
    const row = this.#slots(shape, ({ zone }) => (atMost.length > 1 ? atMost[zone ?? 0] : atMost[0]) ?? 0);
    for (const { group, need, way } of needsByWay(needs)) {
      const all = this.#fleet.groups[group]?.members.length ?? 0;
      const taken = decision.ways[group]?.[way] ?? 0;
      const column = this.#master.ways[group]?.[way];
      if (column === undefined) continue;
      if (taken === all) program.extend(column, { row, value: -need / all });
      else program.extend(this.#threshold(column, taken, all), { row, value: -need });
    }
  }

  /** A row of slots of the shape, of each node at most so many, that is at least what else is put into it. */
  #slots(shape: number, most: (column: Column) => number): number {
    const { program } = this.#master;
    const row = program.row(0, Number.POSITIVE_INFINITY);
    for (const { column, index } of this.#byShape[shape] ?? []) {
      program.extend(index, { row, value: Math.min(countOf(column, shape), most(column)) });
    }
    return row;
  }

  /** A column that must be 1 where `column` is at least `from`, of at most `all`. */
  #threshold(column: number, from: number, all: number): number {
    const key = `${column}/${from}`;
    const known = this.#thresholds.get(key);
    if (known !== undefined) return known;
    const { program } = this.#master;
    const row = program.row(Number.NEGATIVE_INFINITY, from - 1);
    program.extend(column, { row, value: 1 });
    const threshold = program.column(0, 1, [{ row, value: -(all - from + 1) }]);
    this.#thresholds.set(key, threshold);
    return threshold;
  }
}

function countOf({ slots }: Column, shape: number): number {
  return slots.find((slot) => slot.shape === shape)?.count ?? 0;
}

/** The first n workloads of ways in this order, of the last way perhaps not all. */
function firstOf(
  ways: readonly SpreadWay[],
  n: number,
): { readonly way: SpreadWay; readonly taken: number }[] {
  let left = n;
  return ways.flatMap((way) => {
    const taken = Math.min(left, way.members);
    left -= taken;
    return taken > 0 ? [{ way, taken }] : [];
  });
}

function needsByWay(needs: ReadonlyMap<Chosen, number>) {
  const sums = new Map<string, { readonly group: number; readonly way: number; need: number }>();
  for (const [{ group, way }, need] of needs) {
    const key = `${group}/${way}`;
    const sum = sums.get(key) ?? { group, way, need: 0 };
    sums.set(key, sum);
    sum.need += need;
  }
  return sums.values();
}
