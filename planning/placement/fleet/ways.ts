import { canSpread, carries, fits, legalOffers } from "../fit.ts";
import type { Choice, Demand, Option, PlacementProblem, Workload } from "../problem.ts";
import type { Host } from "./fleet.ts";

/** One choice of a workload. */
export interface OpenWay {
  readonly option: string;
  readonly demand: Demand;
  /** Indexes of the hosts that it may use, in order. */
  readonly hosts: readonly number[];
  /** US dollars an hour beside its nodes. */
  readonly cost: number;
  /** Whether it changes the plan in force. */
  readonly moves: boolean;
}

/** What is open to workloads that differ in nothing but their names. */
export interface Choices {
  readonly workloads: readonly Workload[];
  readonly replicas: number;
  readonly spread: Workload["spread"];
  readonly ways: readonly OpenWay[];
  readonly secure: boolean;
  /** US dollars an hour for leaving one out that the plan in force has; undefined where it has none of them. */
  readonly leaving: number | undefined;
}

/** All ways of the first workload, without those that another of its ways makes needless. */
export function choicesOf(
  workloads: readonly [Workload, ...Workload[]],
  problem: PlacementProblem,
  hosts: readonly Host[],
): Choices {
  const [workload] = workloads;
  const { replicas, role, spread } = workload;
  const legal = new Set(legalOffers(workload, problem.offers));
  const usable = hosts.filter((host) => host.role === role && host.zones.length > 0 && legal.has(host.offer));
  const ways = undominated(workload.options.flatMap((option) => waysOf(workload, option, usable, problem)));
  const secure = ways.some((way) => {
    const offers = way.hosts.flatMap((index) => hosts[index]?.offer ?? []);
    const unlimited = offers.filter(({ limit }) => limit === undefined);
    return canSpread(workload, unlimited, problem.zones);
  });
  const leaving = problem.previous.get(workload.name)?.moveCost;
  return { workloads, replicas, spread, ways, secure, leaving };
}

function waysOf(
  workload: Workload,
  option: Option,
  usable: readonly Host[],
  { previous, zones }: PlacementProblem,
): OpenWay[] {
  const before = previous.get(workload.name);
  const able = usable.filter(({ offer }) => carries(offer, option));
  const way = (on: readonly Host[], moves: boolean): OpenWay[] => {
    const offers = on.map(({ offer }) => offer);
    if (!canSpread(workload, offers, zones)) return [];
    const hosts = on.map(({ index }) => index);
    const cost = option.penalty * workload.replicas + (moves ? (before?.moveCost ?? 0) : 0);
    return [{ option: option.id, demand: option.demand, hosts, cost, moves }];
  };
  if (option.id !== before?.option) return way(able, before !== undefined);
  return [...way(able.filter(standsOn(before)), false), ...way(able, true)];
}

function standsOn({ offers }: Choice): (host: Host) => boolean {
  return ({ offer }) => offers.includes(offer.id);
}

/** Without ways that take at least as much of every node, and cost as much, as another that may use the same. */
function undominated(ways: readonly OpenWay[]): OpenWay[] {
  return ways.filter(
    (way, index) =>
      !ways.some(
        (other, at) =>
          at !== index &&
          dominates(other, way) &&
          // Of two equal ones the first stays.
          (at < index || !dominates(way, other)),
      ),
  );
}

function dominates(better: OpenWay, worse: OpenWay): boolean {
  return (
    better.cost <= worse.cost &&
    (!better.moves || worse.moves) &&
    fits(better.demand, worse.demand) &&
    worse.hosts.every((host) => better.hosts.includes(host))
  );
}
