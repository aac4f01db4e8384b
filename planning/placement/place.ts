import type { Highs } from "highs";
import { costOf } from "./cost.ts";
import { carries, legalOffers } from "./fit.ts";
import { buildFleets, type Fleet } from "./fleet/fleet.ts";
import { pricePerPod } from "./greedy.ts";
import { byText, inOrder } from "./order.ts";
import type { Placement, PlacementProblem, Unplaceable, Workload } from "./problem.ts";
import { loadHighs } from "./solver/highs.ts";
import { Part } from "./solver/part.ts";
import { whyUnplaceable } from "./unplaceable.ts";

/** How long to search. All but `seconds` end the search at the same point on every machine. */
export interface PlacementLimits {
  /** Share of the cost that is good enough for more than `exactUpTo` workloads. Default 0.005. */
  readonly gap?: number;
  /** Workloads up to which the search goes on for the proof that nothing is cheaper. Default 40. */
  readonly exactUpTo?: number;
  /** Nodes of a branch-and-bound tree. Default 2,000. */
  readonly nodes?: number;
  /** A safety net for each solver call: results depend on the machine where it is reached. Default 60. */
  readonly seconds?: number;
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
  const unable = problem.workloads.filter((workload) => !able.includes(workload));
  const unavoidable = costOf({ ...problem, workloads: unable }, { nodes: [], options: new Map() }).total;
  const proven = found.lowerBound + unavoidable;
  for (const workload of able) {
    if (!options.has(workload.name))
      refused.push({ workload: workload.name, reason: crowdedOut(workload, problem) });
  }
  const { nodes: usdPerHour, total } = costOf(problem, { nodes, options });
  // Sums of prices are rounded: a bound above the cost by no more than that is the cost.
  const rounding = 1e-6 * Math.max(1, total);
  const lowerBound = Math.abs(proven - total) < rounding ? total : Math.max(0, proven);
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
  { exactUpTo = 40, gap = 0.005, nodes = 2000, seconds = 60 }: PlacementLimits,
) {
  const exact = problem.workloads.length <= exactUpTo;
  const fleets = buildFleets(problem);
  const costs = fleets.map(roughCost);
  const all = costs.reduce((sum, cost) => sum + cost, 0);
  const parts = fleets.map((fleet, at) => {
    const names = new Set(fleet.groups.flatMap(({ members }) => members.map(({ name }) => name)));
    const part = { ...problem, workloads: problem.workloads.filter(({ name }) => names.has(name)) };
    // What is a small part of the cost need not be known as exactly.
    const tolerance = exact ? 1e-6 : Math.min(0.05, ((gap / 4) * all) / Math.max(costs[at] ?? 0, 1e-6));
    return new Part(highs, part, fleet, { exact, tolerance, nodes, seconds });
  });
  const sum = (value: (part: Part) => number) => parts.reduce((total, part) => total + value(part), 0);
  // The parts with most to gain first, until all together are good enough.
  const slack = exact ? 1e-9 : gap * sum(({ lowerBound }) => lowerBound);
  for (const part of parts.toSorted((a, b) => b.gap - a.gap)) {
    const allowed = slack - (sum(({ gap }) => gap) - part.gap);
    if (part.gap > Math.max(allowed, 1e-9)) part.search(Math.max(allowed, slack / parts.length));
  }
  return {
    options: new Map(parts.flatMap(({ best }) => [...best.options])),
    nodes: parts.flatMap(({ best }) => best.nodes),
    lowerBound: sum(({ lowerBound }) => lowerBound),
    limited: parts.some(({ limited }) => limited),
  };
}

/** What each workload would cost alone on nodes full of its like, in US dollars an hour. */
function roughCost({ groups, hosts, kinds, shapes }: Fleet): number {
  const perPod = shapes.map(({ demand, hosts: able }) =>
    Math.min(...able.flatMap((at) => hosts[at]?.offer ?? []).map((offer) => pricePerPod(demand, offer))),
  );
  return groups.reduce((sum, { members, replicas, ways }) => {
    const costs = ways.map(({ cost, kind }) => cost + replicas * (perPod[kinds[kind]?.shape ?? -1] ?? 0));
    return sum + members.length * Math.min(...costs);
  }, 0);
}

/** Why a workload that could be placed alone was left out: the offers that it needs are used up by others. */
function crowdedOut(workload: Workload, { offers }: PlacementProblem): string {
  const usable = legalOffers(workload, offers).filter((offer) =>
    workload.options.some((option) => carries(offer, option)),
  );
  const limits = usable.map(({ id, limit }) => `${id} has ${limit}`).toSorted();
  return `all nodes that may carry it are taken by others: ${limits.join(", ")}`;
}
