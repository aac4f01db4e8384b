import type { Highs } from "highs";
import type { Column, Master } from "./master.ts";
import type { Decision } from "./round.ts";

export interface IntegerResult {
  /** Undefined when none was found within the limits. */
  readonly decision: Decision | undefined;
  /** No choice among these columns costs less. */
  readonly bound: number;
  /** Whether a limit ended the search. */
  readonly limited: boolean;
}

export interface IntegerLimits {
  /** Nodes of the branch-and-bound tree. */
  readonly nodes: number;
  readonly seconds: number;
  /** US dollars an hour above the bound that are good enough. */
  readonly slack: number;
}

/** HiGHS's searches in the neighbourhood of solutions take half of its time here and hardly ever find better ones. */
const heuristics = {
  mip_heuristic_run_rins: false,
  mip_heuristic_run_rens: false,
  mip_heuristic_run_root_reduced_cost: false,
  mip_heuristic_run_shifting: true,
};

/** Solves the program over the columns for whole numbers. The program must hold these columns last, in this order. */
export function solveInteger(
  highs: Highs,
  master: Master,
  columns: readonly { readonly column: Column; readonly index: number }[],
  limits: IntegerLimits,
): IntegerResult {
  return highs.withModel(master.program.data(true), (model) => {
    model.options.set({
      output_flag: false,
      mip_rel_gap: 0,
      mip_abs_gap: Math.max(limits.slack, 1e-9),
      mip_max_nodes: limits.nodes,
      time_limit: limits.seconds,
      ...heuristics,
    });
    const { modelStatus } = model.run();
    const bound = Number(model.info.get("mip_dual_bound"));
    const limited = modelStatus !== highs.constants.modelStatus.optimal;
    const solved = model.info.get("primal_solution_status") === highs.constants.solutionStatus.feasible;
    if (!solved) return { decision: undefined, bound, limited };
    const values = model.getSolution().colValue;
    const count = (column: number) => Math.round(values[column] ?? 0);
    return {
      bound,
      limited,
      decision: {
        ways: master.ways.map((ofGroup) => ofGroup.map(count)),
        nodes: columns
          .map(({ column, index }) => ({ column, count: count(index) }))
          .filter((node) => node.count > 0),
      },
    };
  });
}
