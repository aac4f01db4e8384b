import type { Highs } from "highs";
import { firstFit } from "./baselines.ts";
import { costOf } from "./cost.ts";
import { carries, legalOffers } from "./fit.ts";
import { buildFleet, type Fleet } from "./fleet/fleet.ts";
import { byText, inOrder } from "./order.ts";
import { shelvesOf } from "./pattern.ts";
import type { PlacedNode, Placement, PlacementProblem, Unplaceable, Workload } from "./problem.ts";
import { completeColumns } from "./solver/complete.ts";
import { generateColumns } from "./solver/generate.ts";
import { loadHighs } from "./solver/highs.ts";
import { buildMaster, moveTie } from "./solver/master.ts";
import { searchColumns } from "./solver/search.ts";
import { whyUnplaceable } from "./unplaceable.ts";

/** How long to search. All but `seconds` end the search at the same point on every machine. */
export interface PlacementLimits {
  /** Good enough: share of the cost by which it may be above the least possible. Default 0. */
  readonly gap?: number;
  /** Nodes of a branch-and-bound tree. Default 2,000. */
  readonly nodes?: number;
  /** A safety net: results depend on the machine where it is reached. Default 60. */
  readonly seconds?: number;
}

/** Patterns up to which the solver gets all that matter, so that it can prove its answer best. */
const mostColumns = 4000;
/** Times that the program is solved again because replicas that may not meet had too few nodes. */
const mostRounds = 30;

/** What was found for the workloads that can be placed at all. */
interface Found {
  readonly options: ReadonlyMap<string, string>;
  readonly nodes: readonly PlacedNode[];
}

/**
 * The cheapest nodes that carry all replicas. The same problem gives the same answer, whatever the order of its
 * workloads, offers and zones.
 */
export async function place(unsorted: PlacementProblem, limits: PlacementLimits = {}): Promise<Placement> {
  const problem = inOrder(unsorted);
  const refused: Unplaceable[] = [];
  const able: Workload[] = [];
  for (const workload of problem.workloads) {
    const reason = whyUnplaceable(workload, problem);
    if (reason === undefined) able.push(workload);
    else refused.push({ workload: workload.name, reason });
  }
  const found =
    able.length === 0
      ? { options: new Map<string, string>(), nodes: [], lowerBound: 0, limited: false }
      : solve(await loadHighs(), { ...problem, workloads: able }, limits);
  const { limited, nodes, options } = found;
  for (const workload of able) {
    if (!options.has(workload.name))
      refused.push({ workload: workload.name, reason: crowdedOut(workload, problem) });
  }
  const { nodes: usdPerHour, total } = costOf(problem, { nodes, options });
  const lowerBound = Math.max(0, Math.min(total, found.lowerBound));
  return {
    options: new Map([...options].toSorted(([a], [b]) => byText(a, b))),
    nodes: nodes.toSorted(
      (a, b) => byText(a.offer, b.offer) || byText(a.zone, b.zone) || byText(a.pods.join(), b.pods.join()),
    ),
    usdPerHour,
    lowerBound,
    gap: total > 0 ? (total - lowerBound) / total : 0,
    limited,
    unplaceable: refused.toSorted((a, b) => byText(a.workload, b.workload)),
  };
}

function solve(
  highs: Highs,
  problem: PlacementProblem,
  { gap = 0, nodes = 2000, seconds = 60 }: PlacementLimits,
): Found & { readonly lowerBound: number; readonly limited: boolean } {
  const fleet = buildFleet(problem);
  const exclusion = exclusionPrice(fleet);
  const price = ({ nodes, options }: Found) =>
    costOf(problem, { nodes, options }).total + exclusion * (problem.workloads.length - options.size);
  const shelves = shelvesOf(fleet);
  const generated = generateColumns(highs, fleet, shelves, buildMaster(fleet, exclusion), exclusion);
  let best: Found = firstFit(problem);
  const all = completeColumns(fleet, shelves, generated.bound, price(best), mostColumns);
  const searched = searchColumns(highs, fleet, problem, all ?? generated.columns, exclusion, {
    gap,
    nodes,
    seconds,
    rounds: mostRounds,
  });
  if (searched.found && price(searched.found) < price(best) + 1e-9) best = searched.found;
  // What the columns' bound leaves out is dearer than what first fit found.
  const exact = all ? Math.min(searched.bound - moveTie * problem.previous.size, price(best)) : 0;
  const leftOut = problem.workloads.length - best.options.size;
  return {
    ...best,
    limited: searched.limited,
    lowerBound: Math.max(generated.bound.cost, exact) - exclusion * leftOut,
  };
}

/** More than leaving a workload out can ever save: what all cost on nodes of their own. 0 where none need be left out. */
function exclusionPrice({ groups, hosts, kinds }: Fleet): number {
  if (groups.every(({ secure }) => secure)) return 0;
  const costs = groups.map(({ members, replicas, ways }) => {
    const ofWays = ways.map(({ cost, kind }) => {
      const prices = (kinds[kind]?.hosts ?? []).map((host) => hosts[host]?.offer.usdPerHour ?? 0);
      return cost + replicas * Math.max(...prices);
    });
    return members.length * Math.max(...ofWays);
  });
  return 1 + costs.reduce((sum, cost) => sum + cost, 0);
}

/** Why a workload that could be placed alone was left out: the offers that it needs are used up by others. */
function crowdedOut(workload: Workload, { offers }: PlacementProblem): string {
  const usable = legalOffers(workload, offers).filter((offer) =>
    workload.options.some((option) => carries(offer, option)),
  );
  const limits = usable.map(({ id, limit }) => `${id} has ${limit}`).toSorted();
  return `all nodes that may carry it are taken by others: ${limits.join(", ")}`;
}
