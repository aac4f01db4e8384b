import { grouped, type Resource } from "../fit.ts";
import { byText } from "../order.ts";
import type { Demand, Offer, PlacementProblem, Role, Workload } from "../problem.ts";
import { connected } from "./components.ts";
import { undominatedHosts } from "./dominance.ts";
import { countedResources, relevantDemand } from "./slack.ts";
import { type Choices, choicesOf, type OpenWay } from "./ways.ts";

/** Nodes of one offer that serve one role: pods of different roles never share a node. */
export interface Host {
  readonly index: number;
  readonly offer: Offer;
  readonly role: Role;
  /** Zones of the network in which it can be had, as indexes. */
  readonly zones: readonly number[];
  /** Whether its slots may be counted in any zone, one here and one there: only where zones are relaxed. */
  readonly floats: boolean;
}

/** Pods that take the same of the same hosts: on a node, each can stand in the slot of another. */
export interface Shape {
  readonly index: number;
  /** Without what can't run out on any of its hosts. */
  readonly demand: Demand;
  /** Indexes of the hosts that may carry it. */
  readonly hosts: readonly number[];
  /** Most pods of it that one node can have a use for, room aside. */
  readonly mostPerNode: number;
  /** Whether pods of it are spread over zones, so that it matters in which zone a slot is. */
  readonly zoned: boolean;
}

/** Pods of one shape that are interchangeable altogether. */
export interface PodKind {
  readonly index: number;
  readonly shape: number;
  readonly spread: Workload["spread"];
  /** Replicas of each workload with such pods; 1 where they need no spread, for then it does not matter. */
  readonly replicas: number;
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
  /** US dollars an hour for leaving one out that the plan in force has; undefined where it has none of them. */
  readonly leaving: number | undefined;
}

/** A placement problem, or an independent part of one, with everything interchangeable put together. */
export interface Fleet {
  readonly zones: readonly string[];
  readonly hosts: readonly Host[];
  readonly shapes: readonly Shape[];
  readonly kinds: readonly PodKind[];
  readonly groups: readonly Group[];
}

/**
 * Parts of a problem that share neither nodes nor limits, so that each can be solved alone.
 * @param problem in order, with workloads that can be placed when they are alone
 */
export function buildFleets(problem: PlacementProblem): Fleet[] {
  const all = hostsOf(problem);
  const choices = [...grouped(problem.workloads, (workload) => signature(workload, problem)).values()].map(
    (workloads) => choicesOf(workloads, problem, all),
  );
  const counted = countedResources(all, choices);
  const kept = undominatedHosts(all, choices, counted);
  return connected(kept, choices).map(({ hosts, choices }) => {
    const index = new Map(hosts.map((host, at) => [host.index, at]));
    const countedHere = hosts.map((host) => counted[host.index] ?? new Set<Resource>());
    const renamed = choices.map((choice) => ({
      ...choice,
      ways: choice.ways.map((way) => ({ ...way, hosts: way.hosts.flatMap((host) => index.get(host) ?? []) })),
    }));
    return {
      zones: problem.zones,
      hosts: hosts.map((host, index) => ({ ...host, index })),
      ...interchangeable(renamed, (way) => relevantDemand(way, countedHere)),
    };
  });
}

/**
 * The same fleet with zones counted only where they can matter to the cost: a node that can be had in every zone may
 * serve all of them at once. No placement of the fleet costs less than the cheapest of this one, which is much smaller.
 */
export function relaxZones(fleet: Fleet): Fleet {
  const hosts = fleet.hosts.map((host) => ({ ...host, floats: host.zones.length === fleet.zones.length }));
  const shapes = fleet.shapes.map((shape) => ({
    ...shape,
    zoned: shape.zoned && shape.hosts.some((host) => hosts[host]?.floats === false),
  }));
  return { ...fleet, hosts, shapes };
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
      floats: false,
    }));
}

/** Puts together workloads whose ways come to the same pods at the same cost. */
function interchangeable(
  choices: readonly Choices[],
  demandOf: (way: OpenWay) => Demand,
): Pick<Fleet, "groups" | "kinds" | "shapes"> {
  const shapes = new Interned<
    Omit<Shape, "mostPerNode" | "zoned"> & { mostPerNode: number; zoned: boolean }
  >();
  const kinds = new Interned<PodKind>();
  const kindOf = ({ replicas, spread, workloads }: Choices, way: OpenWay): number => {
    const demand = demandOf(way);
    const shape = shapes.of(`${Object.values(demand).join()}/${way.hosts.join()}`, (index) => ({
      index,
      demand,
      hosts: way.hosts,
      mostPerNode: 0,
      zoned: false,
    }));
    // Workloads whose replicas may not meet have at most one pod on a node.
    shape.mostPerNode += workloads.length * (spread === "none" ? replicas : 1);
    shape.zoned ||= spread === "zone";
    const degree = spread === "none" ? 1 : replicas;
    return kinds.of(`${shape.index}/${spread}/${degree}`, (index) => ({
      index,
      shape: shape.index,
      spread,
      replicas: degree,
    })).index;
  };
  const described = choices.map((choice) => {
    const ways = choice.ways.map((way) => ({ kind: kindOf(choice, way), cost: way.cost, moves: way.moves }));
    const key = [
      choice.replicas,
      choice.leaving,
      ...ways.map(({ cost, kind, moves }) => `${kind}:${cost}:${moves}`),
    ].join();
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
      leaving: choice.leaving,
      ways,
      members: members.toSorted((a, b) => byText(a.name, b.name)),
    };
  });
  return { groups, kinds: kinds.values, shapes: shapes.values };
}

/** Values by key, numbered as they first come. */
class Interned<Value> {
  readonly #byKey = new Map<string, Value>();
  readonly values: Value[] = [];

  of(key: string, create: (index: number) => Value): Value {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const value = create(this.values.length);
    this.#byKey.set(key, value);
    this.values.push(value);
    return value;
  }
}
