import type { Highs } from "highs";
import { carries, legalOffers } from "../fit.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { placeReplica } from "../greedy.ts";
import type { Packing } from "../packing.ts";
import type { PlacedNode, PlacementProblem } from "../problem.ts";
import { type Assignment, assign, type Chosen } from "./assign.ts";
import { addCuts } from "./cuts.ts";
import { type IntegerLimits, solveInteger } from "./integer.ts";
import { buildMaster, type Column } from "./master.ts";

export interface Searched {
  readonly found:
    | { readonly options: ReadonlyMap<string, string>; readonly nodes: readonly PlacedNode[] }
    | undefined;
  /** No placement of these columns costs less; of the program with ties and exclusions. */
  readonly bound: number;
  readonly limited: boolean;
}

/** Finds whole numbers for the columns, and again with cuts as long as replicas that may not meet lack nodes. */
export function searchColumns(
  highs: Highs,
  fleet: Fleet,
  problem: PlacementProblem,
  columns: readonly Column[],
  exclusion: number,
  limits: IntegerLimits & { readonly rounds: number },
): Searched {
  const workloads = new Map(problem.workloads.map((workload) => [workload.name, workload]));
  const master = buildMaster(fleet, exclusion);
  const numbered = columns.map((column) => ({
    column,
    index: master.program.column(
      column.host.offer.usdPerHour,
      Number.POSITIVE_INFINITY,
      master.entries(column),
    ),
  }));
  for (let round = 1; ; round++) {
    const { bound, decision, limited } = solveInteger(highs, fleet, master, numbered, limits);
    if (!decision) return { found: undefined, bound, limited };
    const broken = addCuts(fleet, master, numbered, decision);
    if (broken > 0 && round < limits.rounds && !limited) continue;
    const assignment = assign(fleet, workloads, decision);
    return { found: settle(assignment, problem), bound, limited: limited || broken > 0 };
  }
}

/** Replicas without a slot go where there is room, or on nodes of their own; a workload that finds neither is left out. */
function settle({ chosen, incomplete, packing }: Assignment, problem: PlacementProblem) {
  const left = new Set(incomplete.filter((choice) => !complete(packing, choice, problem)));
  for (const { option, workload } of left) packing.remove(workload, option.demand);
  const placed = chosen.filter((choice) => !left.has(choice));
  return {
    options: new Map(placed.map(({ option, workload }) => [workload.name, option.id])),
    nodes: packing.placed(),
  };
}

function complete(packing: Packing, { option, workload }: Chosen, problem: PlacementProblem): boolean {
  const offers = legalOffers(workload, problem.offers).filter((offer) => carries(offer, option));
  while (packing.standing(workload) < workload.replicas) {
    if (!placeReplica(packing, workload, option.demand, offers)) return false;
  }
  return true;
}
