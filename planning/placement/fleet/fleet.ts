import { grouped } from "../fit.ts";
import { byText } from "../order.ts";
import type { Demand, Offer, PlacementProblem, Role, Workload } from "../problem.ts";
import { withoutDominated } from "./dominance.ts";
import { relevantDemands } from "./slack.ts";
import { type Choices, choicesOf } from "./ways.ts";

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
  /** Without what can't run out on any of its hosts. */
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

/** A placement problem with everything interchangeable put together. */
export interface Fleet {
  readonly zones: readonly string[];
  readonly hosts: readonly Host[];
  readonly kinds: readonly PodKind[];
  readonly groups: readonly Group[];
}

/** @param problem in order, with workloads that can be placed when they are alone */
export function buildFleet(problem: PlacementProblem): Fleet {
  const all = hostsOf(problem);
  const choices = [...grouped(problem.workloads, (workload) => signature(workload, problem)).values()].map(
    (workloads) => choicesOf(workloads, problem, all),
  );
  const { hosts, choices: open } = withoutDominated(all, choices);
  return { zones: problem.zones, hosts, ...interchangeable(open, relevantDemands(hosts, open)) };
}

/** Workloads with the same one differ in nothing but their names. */
function signature({ name, ...rest }: Workload, { previous }: PlacementProblem): string {
  return JSON.stringify([rest, previous.get(name)]);
}

function hostsOf({ offers, workloads, zones }: PlacementProblem): Host[] {
  const roles = [...new Set(workloads.map(({ role }) => role))].toSorted(byText);
  return offers
    .flatMap((offer) => roles.filter((role) => offer.roles.includes(role)).map((role) => ({ offer, role })))
    .map(({ offer, role }, index) => ({
      index,
      offer,
      role,
      zones: zones.flatMap((zone, at) => (offer.zones.includes(zone) ? [at] : [])),
    }));
}

/**
 * Puts together pods that take the same of the same hosts, and workloads whose ways come to the same pods at the same
 * cost.
 */
function interchangeable(
  choices: readonly Choices[],
  demandOf: (way: Choices["ways"][number]) => Demand,
): Pick<Fleet, "groups" | "kinds"> {
  const drafts = new Map<
    string,
    Omit<PodKind, "workloads" | "mostPerNode"> & { workloads: number; pods: number }
  >();
  const kindOf = ({ replicas, spread, workloads }: Choices, way: Choices["ways"][number]): number => {
    const demand = demandOf(way);
    const degree = spread === "none" ? 1 : replicas;
    const key = [spread, degree, Object.values(demand).join(), way.hosts.join()].join("/");
    const known = drafts.get(key);
    const draft = known ?? {
      index: drafts.size,
      demand,
      spread,
      replicas: degree,
      hosts: way.hosts,
      workloads: 0,
      pods: 0,
    };
    if (!known) drafts.set(key, draft);
    draft.workloads += workloads.length;
    draft.pods += workloads.length * replicas;
    return draft.index;
  };
  const described = choices.map((choice) => {
    const ways = choice.ways.map((way) => ({ kind: kindOf(choice, way), cost: way.cost, moves: way.moves }));
    const key = [choice.replicas, ...ways.map(({ cost, kind, moves }) => `${kind}:${cost}:${moves}`)].join();
    return { choice, ways, key };
  });
  const groups = [...grouped(described, ({ key }) => key).values()].map((same, index): Group => {
    const [{ choice, ways }] = same;
    const members = same.flatMap(({ choice: { ways, workloads } }) =>
      workloads.map(({ name }) => ({ name, options: ways.map(({ option }) => option) })),
    );
    return {
      index,
      replicas: choice.replicas,
      secure: choice.secure,
      ways,
      members: members.toSorted((a, b) => byText(a.name, b.name)),
    };
  });
  const kinds = [...drafts.values()].map(({ pods, ...draft }) => ({
    ...draft,
    mostPerNode: draft.spread === "none" ? pods : draft.workloads,
  }));
  return { groups, kinds };
}
