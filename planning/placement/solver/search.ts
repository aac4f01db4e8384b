import type { Highs } from "highs";
import type { Fleet } from "../fleet/fleet.ts";
import { Cuts } from "./cuts.ts";
import { type IntegerLimits, solveInteger } from "./integer.ts";
import { buildMaster, type Column } from "./master.ts";
import type { Decision } from "./round.ts";
import type { Shortage } from "./seating.ts";

export interface Searched {
  /** Undefined when the limits left no time to find any. */
  readonly decision: Decision | undefined;
  /** No choice among these columns costs less. */
  readonly bound: number;
  /** Whether a limit ended the search. */
  readonly limited: boolean;
}

/** Times that cuts are added to the relaxation before whole numbers are asked for. */
const rootRounds = 10;

/**
 * Finds whole numbers for the columns, and again with cuts as long as replicas that may not meet lack nodes.
 * @param shortagesOf where a decision has too few nodes
 */
export function searchColumns(
  highs: Highs,
  fleet: Fleet,
  columns: readonly Column[],
  exclusion: number,
  limits: IntegerLimits & { readonly rounds: number },
  shortagesOf: (decision: Decision) => ReadonlyMap<number, Shortage>,
): Searched {
  const master = buildMaster(fleet, exclusion);
  const numbered = columns.map((column) => ({
    column,
    index: master.program.column(
      column.host.offer.usdPerHour,
      Number.POSITIVE_INFINITY,
      master.entries(column),
    ),
  }));
  const cuts = new Cuts(fleet, master, numbered);
  for (let round = 0; round < rootRounds; round++) {
    const values = highs.withModel(master.program.data(false), (model) => {
      model.options.set("output_flag", false);
      model.run();
      return model.getSolution().colValue;
    });
    if (cuts.separate(values) === 0) break;
  }
  let bound = Number.NEGATIVE_INFINITY;
  for (let round = 1; ; round++) {
    const { decision, limited, ...solved } = solveInteger(highs, master, numbered, limits);
    // Where the solver may stop short of the best, more cuts don't always mean a better bound.
    bound = Math.max(bound, solved.bound);
    const shortages = decision && !limited && round < limits.rounds ? shortagesOf(decision) : new Map();
    if (!decision || shortages.size === 0) return { decision, bound, limited };
    for (const [shape, shortage] of shortages) cuts.add(shape, shortage, decision);
  }
}
