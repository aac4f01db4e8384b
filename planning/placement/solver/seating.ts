import type { OpenNode } from "../packing.ts";
import type { Option, Workload } from "../problem.ts";
import { perZone } from "../spread.ts";
import { Flow } from "./flow.ts";

/** A workload with what was chosen for it. */
export interface Chosen {
  readonly workload: Workload;
  readonly option: Option;
  /** Indexes of its group, and of the way that it takes. */
  readonly group: number;
  readonly way: number;
}

/** Slots of one shape on a node. */
export interface Slot {
  readonly node: OpenNode;
  /** The node's zone, where zones matter to the shape; else 0. */
  readonly zone: number;
  readonly count: number;
}

/**
 * Why not all pods of a shape find a slot: for these workloads, `needs` together is more than the nodes can take of
 * them, when a node in a zone takes at most `atMost` pods of them there, and at most its slots.
 */
export interface Shortage {
  /** Pods that must find a slot, by workload; the others count for nothing. */
  readonly needs: ReadonlyMap<Chosen, number>;
  /** By zone. */
  readonly atMost: readonly number[];
}

export interface Seating {
  readonly seats: readonly { readonly chosen: Chosen; readonly node: OpenNode }[];
  /** Undefined when all pods have a seat. */
  readonly shortage: Shortage | undefined;
}

/**
 * Seats pods of one shape in slots so that replicas of a workload don't meet where they may not: a flow from workloads,
 * through the zones where they are spread over them, to nodes. When there is no seat for all, the smallest cut of the flow
 * says why (Gale and Ryser's condition, with zones).
 * @param zones how many there are; 0 where zones are relaxed: then all slots are in zone 0
 */
export function seat(users: readonly Chosen[], slots: readonly Slot[], zones: number): Seating {
  const flow = new Flow();
  const [source, sink] = [flow.vertex(), flow.vertex()];
  const racks = racksOf(slots).map((rack) => {
    const vertex = flow.vertex();
    flow.edge(vertex, sink, rack.slots * rack.nodes.length);
    return { ...rack, vertex };
  });
  const toRacks = (from: number, distinct: boolean, zone?: number) =>
    racks
      .filter((rack) => zone === undefined || rack.zone === zone)
      .map((rack) => ({
        rack,
        edge: flow.edge(from, rack.vertex, distinct ? rack.nodes.length : rack.nodes.length * rack.slots),
      }));
  const routes = users.map((chosen) => {
    const { replicas, spread } = chosen.workload;
    if (spread !== "zone" || zones === 0) {
      const vertex = flow.vertex();
      flow.edge(source, vertex, replicas);
      return { chosen, vertex, edges: toRacks(vertex, spread !== "none"), inZone: [], extra: 0, floor: 0 };
    }
    const { extra, floor } = perZone(replicas, zones);
    const vertex = flow.vertex();
    flow.edge(source, vertex, extra);
    const inZone = Array.from({ length: zones }, () => flow.vertex());
    const edges = inZone.flatMap((at, zone) => {
      flow.edge(source, at, floor);
      flow.edge(vertex, at, 1);
      return toRacks(at, true, zone);
    });
    return { chosen, vertex, edges, inZone, extra, floor };
  });
  const pods = users.reduce((sum, { workload }) => sum + workload.replicas, 0);
  const complete = flow.run(source, sink) === pods;

  const seats = routes.flatMap(({ chosen, edges }) =>
    edges.flatMap(({ edge, rack }) =>
      Array.from({ length: flow.carried(edge) }, () => {
        // Taken in turn, nodes of a rack get equally many pods, and none of them two of one workload.
        const node = rack.nodes[rack.taken % rack.nodes.length];
        rack.taken++;
        return node === undefined ? [] : [{ chosen, node }];
      }).flat(),
    ),
  );
  if (complete) return { seats, shortage: undefined };

  const needs = new Map<Chosen, number>();
  const atMost = Array.from({ length: Math.max(1, zones) }, () => 0);
  for (const { chosen, extra, floor, inZone, vertex } of routes) {
    const { replicas, spread } = chosen.workload;
    if (spread !== "zone" || zones === 0) {
      if (!flow.reachable(vertex)) continue;
      needs.set(chosen, replicas);
      for (const zone of atMost.keys()) {
        atMost[zone] = spread === "none" ? Number.POSITIVE_INFINITY : (atMost[zone] ?? 0) + 1;
      }
      continue;
    }
    const within = inZone.map((at) => flow.reachable(at));
    const cut = within.filter((reached) => !reached).length;
    const need = floor * (inZone.length - cut) + (flow.reachable(vertex) ? extra - cut : 0);
    if (need > 0) needs.set(chosen, need);
    for (const [zone, reached] of within.entries()) if (reached) atMost[zone] = (atMost[zone] ?? 0) + 1;
  }
  return { seats, shortage: { needs, atMost } };
}

/** Nodes of one zone with equally many slots. */
interface Rack {
  readonly zone: number;
  readonly slots: number;
  readonly nodes: OpenNode[];
  taken: number;
}

function racksOf(slots: readonly Slot[]): Rack[] {
  const racks = new Map<string, Rack>();
  for (const { count, node, zone } of slots) {
    const key = `${zone}/${count}`;
    const rack = racks.get(key) ?? { zone, slots: count, nodes: [], taken: 0 };
    racks.set(key, rack);
    rack.nodes.push(node);
  }
  return [...racks.values()];
}
