import { costOf } from "./cost.ts";
import { canSpread, carries, legalOffers } from "./fit.ts";
import { placeReplica, pricePerPod } from "./greedy.ts";
import { inOrder } from "./order.ts";
import { Packing } from "./packing.ts";
import type {
  Offer,
  Option,
  PlacedNode,
  Placement,
  PlacementProblem,
  Unplaceable,
  Workload,
} from "./problem.ts";

interface Candidate {
  readonly option: Option;
  /** All that may carry it. */
  readonly offers: readonly Offer[];
  /** US dollars an hour of all replicas, as if nodes could be bought in parts. */
  readonly share: number;
}

/**
 * First-fit decreasing: the workloads that cost most come first. Each takes the option whose replicas cost least by their
 * share of the nodes that can still be bought, and puts each replica on the first node with room, or else on a new one
 * with the lowest price per pod. What a scheduler with an autoscaler comes to. Looks at no plan in force.
 */
export function firstFit(unsorted: PlacementProblem): Placement {
  const problem = inOrder(unsorted);
  const packing = new Packing(problem.zones);
  const options = new Map<string, string>();
  const unplaceable: Unplaceable[] = [];
  const dearestFirst = problem.workloads
    .map((workload) => ({ workload, share: candidatesOf(workload, problem, isUnlimited)[0]?.share ?? 0 }))
    .toSorted((a, b) => b.share - a.share);
  for (const { workload } of dearestFirst) {
    const taken = candidatesOf(workload, problem, (offer) => packing.isLeft(offer)).find(
      ({ offers, option }) => {
        for (let replica = 0; replica < workload.replicas; replica++) {
          if (placeReplica(packing, workload, option.demand, offers)) continue;
          packing.remove(workload, option.demand);
          return false;
        }
        return true;
      },
    );
    if (taken) options.set(workload.name, taken.option.id);
    else unplaceable.push({ workload: workload.name, reason: "first fit found no nodes for all replicas" });
  }
  return unproven(problem, options, packing.placed(), unplaceable);
}

function isUnlimited({ limit }: Offer): boolean {
  return limit === undefined;
}

/** Cheapest first, by the offers that count; those that none of them carries come last. */
function candidatesOf(
  workload: Workload,
  { offers, zones }: PlacementProblem,
  counts: (offer: Offer) => boolean,
): Candidate[] {
  const legal = legalOffers(workload, offers);
  return workload.options
    .flatMap((option) => {
      const able = legal.filter((offer) => carries(offer, option));
      if (!canSpread(workload, able, zones)) return [];
      const prices = able.filter(counts).map((offer) => pricePerPod(option.demand, offer));
      return [{ option, offers: able, share: workload.replicas * (Math.min(...prices) + option.penalty) }];
    })
    .toSorted((a, b) => (a.share === b.share ? 0 : a.share - b.share));
}

/**
 * A node group for each workload, nothing shared, all nodes of one offer: what people write by hand. Takes the option
 * and the offer that are cheapest for the workload alone; offers with a limit go to who comes first by name.
 */
export function onePerWorkload(unsorted: PlacementProblem): Placement {
  const problem = inOrder(unsorted);
  const used = new Map<string, number>();
  const options = new Map<string, string>();
  const nodes: PlacedNode[] = [];
  const unplaceable: Unplaceable[] = [];
  for (const workload of problem.workloads) {
    const [best] = candidatesOf(workload, problem, isUnlimited)
      .flatMap(({ offers, option }) =>
        offers.map((offer) => ({ offer, option, own: ownNodes(workload, option, offer, problem.zones) })),
      )
      .filter(
        ({ offer, own }) =>
          own.length > 0 &&
          own.length + (used.get(offer.id) ?? 0) <= (offer.limit ?? Number.POSITIVE_INFINITY),
      )
      .map((choice) => ({
        ...choice,
        cost: choice.own.length * choice.offer.usdPerHour + choice.option.penalty * workload.replicas,
      }))
      .toSorted((a, b) => a.cost - b.cost);
    if (!best) {
      unplaceable.push({ workload: workload.name, reason: "no offer alone has nodes for all replicas" });
      continue;
    }
    used.set(best.offer.id, (used.get(best.offer.id) ?? 0) + best.own.length);
    options.set(workload.name, best.option.id);
    nodes.push(...best.own);
  }
  return unproven(problem, options, nodes, unplaceable);
}

/** The fewest nodes of one offer that carry all replicas of one workload; empty when its zones don't suffice. */
function ownNodes(
  workload: Workload,
  { demand }: Option,
  offer: Offer,
  zones: readonly string[],
): PlacedNode[] {
  const packing = new Packing(zones);
  for (let replica = 0; replica < workload.replicas; replica++) {
    if (!placeReplica(packing, workload, demand, [offer])) return [];
  }
  return packing.placed();
}

function unproven(
  problem: PlacementProblem,
  options: ReadonlyMap<string, string>,
  nodes: readonly PlacedNode[],
  unplaceable: readonly Unplaceable[],
): Placement {
  const { nodes: usdPerHour, total } = costOf(problem, { nodes, options });
  return {
    options,
    nodes,
    usdPerHour,
    lowerBound: 0,
    gap: total > 0 ? 1 : 0,
    limited: false,
    unplaceable,
  };
}
