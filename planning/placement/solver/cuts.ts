import type { Fleet } from "../fleet/fleet.ts";
import type { Column, Master } from "./master.ts";
import type { Decision } from "./round.ts";
import type { Chosen, Shortage } from "./seating.ts";

/** A column and its index in the program. */
export interface Numbered {
  readonly column: Column;
  readonly index: number;
}

/**
 * Adds rows that a decision breaks because replicas that may not meet need more nodes than there are.
 *
 * A shortage names workloads that need more slots than nodes can take of them: sum over nodes of min(slots, at most) is
 * less than what they need. That inequality holds for any placement in which those workloads choose the shape, and
 * still when fewer of them do, which needs less. Where all of a group chose it, its part may therefore be
 * scaled by the share that does; else it counts from as many on as did, which takes a column of 0 or 1.
 */
export class Cuts {
  readonly #master: Master;
  readonly #fleet: Fleet;
  readonly #thresholds = new Map<string, number>();
  readonly #byShape: readonly Numbered[][];

  constructor(fleet: Fleet, master: Master, columns: readonly Numbered[]) {
    this.#fleet = fleet;
    this.#master = master;
    this.#byShape = fleet.shapes.map(({ index }) =>
      columns.filter(({ column }) => column.slots.some(({ shape }) => shape === index)),
    );
  }

  add(shape: number, { atMost, needs }: Shortage, decision: Decision): void {
    const { program } = this.#master;
    const row = program.row(0, Number.POSITIVE_INFINITY);
    for (const { column, index } of this.#byShape[shape] ?? []) {
      const count = column.slots.find((slot) => slot.shape === shape)?.count ?? 0;
      const most = (atMost.length > 1 ? atMost[column.zone ?? 0] : atMost[0]) ?? 0;
      program.extend(index, { row, value: Math.min(count, most) });
    }
    for (const { group, need, way } of needsByWay(needs)) {
      const all = this.#fleet.groups[group]?.members.length ?? 0;
      const taken = decision.ways[group]?.[way] ?? 0;
      const column = this.#master.ways[group]?.[way];
      if (column === undefined) continue;
      if (taken === all) program.extend(column, { row, value: -need / all });
      else program.extend(this.#threshold(column, taken, all), { row, value: -need });
    }
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
