import { canSpread, carries, fits, grouped, legalOffers, resources } from "./fit.ts";
import { byText } from "./order.ts";
import type { Demand, Offer, Option, PlacementProblem, Role, Workload } from "./problem.ts";

/** Nodes of one offer that serve one role: pods of different roles never share a node. */
export interface Host {
  readonly index: number;
  readonly offer: Offer;
  readonly role: Role;
  /** Zones of the network in which it can be had, as indexes. */
  readonly zones: readonly number[];
}

/** Pods that are interchangeable: where one of them may stand, each may. */
export interface PodKind {
  readonly index: number;
  readonly demand: Demand;
  readonly spread: Workload["spread"];
  /** Replicas of each workload with such pods; 1 where they need no spread, for then it does not matter. */
  readonly replicas: number;
  /** Indexes of the hosts that may carry it. */
  readonly hosts: readonly number[];
  /** Workloads that may choose it. */
  readonly workloads: number;
  /** Most pods of it that a node can have a use for, room aside. */
  readonly mostPerNode: number;
}

/** One choice of a workload: an option on any offer that may carry it, or only on those that it stands on now. */
export interface Way {
  readonly kind: number;
  /** US dollars an hour beside its nodes: penalties of all replicas, and the move. */
  readonly cost: number;
  /** Whether it changes the plan in force. */
  readonly moves: boolean;
}

/** Workloads that are interchangeable: same replicas, same ways. */
export interface Group {
  readonly index: number;
  readonly replicas: number;
  readonly ways: readonly Way[];
  /** Each workload's name and, by way, the option that it means; sorted by name. */
  readonly members: readonly { readonly name: string; readonly options: readonly string[] }[];
  /** Whether each can be placed whatever the others take: it has a way that needs no offer with a limit. */
  readonly secure: boolean;
}

/** A placement problem with everything interchangeable put together, in an order that input order can't change. */
export interface Fleet {
  readonly zones: readonly string[];
  readonly hosts: readonly Host[];
  readonly kinds: readonly PodKind[];
  readonly groups: readonly Group[];
}

/** @param problem in order, with workloads that can be placed when they are alone */
export function buildFleet(problem: PlacementProblem): Fleet {
  const { workloads, zones } = problem;
  const hosts = hostsOf(
    problem.offers,
    [...new Set(workloads.map(({ role }) => role))].toSorted(byText),
    zones,
  );
  const described = workloads.map((workload) => describe(workload, problem, hosts));

  const drafts = [...grouped(described, ({ key }) => key).entries()].toSorted(([a], [b]) => byText(a, b));
  const kindKeys = [...new Set(described.flatMap(({ ways }) => ways.map(({ key }) => key)))].toSorted(byText);
  const kindIndex = new Map(kindKeys.map((key, index) => [key, index]));
  const users = kindKeys.map(() => 0);
  const pods = kindKeys.map(() => 0);
  const shapes: (KindDraft | undefined)[] = kindKeys.map(() => undefined);
  const groups = drafts.map(([, members], index): Group => {
    const [{ replicas, ways, secure }] = members;
    return {
      index,
      replicas,
      secure,
      members: members.map(({ name, ways }) => ({ name, options: ways.map(({ option }) => option) })),
      ways: ways.map(({ cost, draft, key, moves }) => {
        const kind = kindIndex.get(key) ?? 0;
        users[kind] = (users[kind] ?? 0) + members.length;
        pods[kind] = (pods[kind] ?? 0) + members.length * replicas;
        shapes[kind] = draft;
        return { kind, cost, moves };
      }),
    };
  });
  const kinds = shapes.flatMap((draft, index): PodKind[] => {
    if (!draft) return [];
    const workloads = users[index] ?? 0;
    const mostPerNode = draft.spread === "none" ? (pods[index] ?? 0) : workloads;
    return [{ ...draft, index, workloads, mostPerNode }];
  });
  return { zones, hosts, kinds, groups };
}

function hostsOf(offers: readonly Offer[], roles: readonly Role[], zones: readonly string[]): Host[] {
  return offers
    .flatMap((offer) => roles.filter((role) => offer.roles.includes(role)).map((role) => ({ offer, role })))
    .map(({ offer, role }, index) => ({
      index,
      offer,
      role,
      zones: zones.flatMap((zone, at) => (offer.zones.includes(zone) ? [at] : [])),
    }));
}

type KindDraft = Pick<PodKind, "demand" | "hosts" | "replicas" | "spread">;

interface WayDraft {
  readonly option: string;
  readonly draft: KindDraft;
  readonly key: string;
  readonly cost: number;
  readonly moves: boolean;
}

interface Described {
  readonly name: string;
  readonly replicas: number;
  readonly ways: readonly WayDraft[];
  readonly secure: boolean;
  readonly key: string;
}

function describe(workload: Workload, problem: PlacementProblem, hosts: readonly Host[]): Described {
  const { name, replicas } = workload;
  const legal = new Set(legalOffers(workload, problem.offers).map(({ id }) => id));
  const usable = hosts.filter(
    ({ offer, role, zones }) => role === workload.role && zones.length > 0 && legal.has(offer.id),
  );
  const ways = undominated(workload.options.flatMap((option) => waysOf(workload, option, usable, problem)));
  const secure = ways.some(({ draft }) => {
    const unlimited = draft.hosts.flatMap((index) => hosts[index]?.offer ?? []);
    return canSpread(
      workload,
      unlimited.filter(({ limit }) => limit === undefined),
      problem.zones,
    );
  });
  const key = JSON.stringify([
    workload.role,
    replicas,
    ways.map(({ cost, key, moves }) => [key, cost, moves]),
  ]);
  return { name, replicas, ways, secure, key };
}

function waysOf(
  workload: Workload,
  option: Option,
  usable: readonly Host[],
  { previous, zones }: PlacementProblem,
): WayDraft[] {
  const before = previous.get(workload.name);
  const penalty = option.penalty * workload.replicas;
  const able = usable.filter(({ offer }) => carries(offer, option));
  const way = (on: readonly Host[], cost: number, moves: boolean): WayDraft[] => {
    if (
      !canSpread(
        workload,
        on.map(({ offer }) => offer),
        zones,
      )
    )
      return [];
    const draft: KindDraft = {
      demand: option.demand,
      spread: workload.spread,
      replicas: workload.spread === "none" ? 1 : workload.replicas,
      hosts: on.map(({ index }) => index),
    };
    return [{ option: option.id, draft, cost, moves, key: kindKey(workload.role, draft) }];
  };
  if (!before) return way(able, penalty, false);
  const moved = way(able, penalty + before.moveCost, true);
  if (option.id !== before.option) return moved;
  const standing = able.filter(({ offer }) => before.offers.includes(offer.id));
  return [...way(standing, penalty, false), ...moved];
}

function kindKey(role: Role, { demand, hosts, replicas, spread }: KindDraft): string {
  return JSON.stringify([
    role,
    demand.gpus === 0 ? "" : demand.gpu,
    ...resources.map((resource) => String(demand[resource]).padStart(12, "0")),
    spread,
    replicas,
    hosts,
  ]);
}

/** Without ways that take at least as much of every node, and cost as much, as another that may use the same. */
function undominated(ways: readonly WayDraft[]): WayDraft[] {
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

function dominates(better: WayDraft, worse: WayDraft): boolean {
  return (
    better.cost <= worse.cost &&
    (!better.moves || worse.moves) &&
    fits(better.draft.demand, worse.draft.demand) &&
    worse.draft.hosts.every((host) => better.draft.hosts.includes(host))
  );
}
