import type { Fleet, PodKind } from "../fleet/fleet.ts";
import { type OpenNode, Packing } from "../packing.ts";
import type { Option, Workload } from "../problem.ts";
import { perZone } from "../spread.ts";
import type { Decision } from "./integer.ts";

/** A workload with what was chosen for it. */
export interface Chosen {
  readonly workload: Workload;
  readonly option: Option;
  readonly kind: PodKind;
}

export interface Assignment {
  readonly packing: Packing;
  readonly chosen: readonly Chosen[];
  /** Workloads with replicas that found no slot: replicas that may not meet can need more nodes than there are. */
  readonly incomplete: readonly Chosen[];
}

interface Slot {
  readonly node: OpenNode;
  free: number;
}

/**
 * Names for numbers: which workload takes which way, and whose replica stands in which slot. Workloads come by name, and
 * each of their replicas goes to the nodes with most free slots: if any assignment keeps replicas apart, this one does
 * (the bipartite form of the theorem of Havel and Hakimi).
 */
export function assign(
  fleet: Fleet,
  workloads: ReadonlyMap<string, Workload>,
  decision: Decision,
): Assignment {
  const chosen = choose(fleet, workloads, decision);
  const packing = new Packing(fleet.zones);
  const slots = openNodes(fleet, packing, decision);
  const incomplete = fleet.kinds.flatMap((kind) => {
    const users = chosen.filter((choice) => choice.kind === kind);
    const extraLeft = extraPlaces(fleet, kind, decision, users.length);
    return users.filter(({ option, workload }) => {
      const missing = targets(fleet, kind, workload.replicas, slots[kind.index] ?? [], extraLeft).filter(
        (slot) => {
          if (!slot) return true;
          slot.free -= 1;
          packing.add(slot.node, workload, option.demand);
          return false;
        },
      );
      return missing.length > 0;
    });
  });
  for (const node of packing.nodes.filter(({ pods }) => pods.length === 0)) packing.close(node);
  return { packing, chosen, incomplete };
}

function choose(fleet: Fleet, workloads: ReadonlyMap<string, Workload>, decision: Decision): Chosen[] {
  return fleet.groups.flatMap(({ index, members, ways }) => {
    let from = 0;
    return ways.flatMap(({ kind }, way) => {
      const count = decision.ways[index]?.[way] ?? 0;
      const takers = members.slice(from, from + count);
      from += count;
      return takers.flatMap(({ name, options }): Chosen[] => {
        const workload = workloads.get(name);
        const option = workload?.options.find(({ id }) => id === options[way]);
        const podKind = fleet.kinds[kind];
        return workload && option && podKind ? [{ workload, option, kind: podKind }] : [];
      });
    });
  });
}

/** Opens the nodes and tells, by kind, where there are slots. */
function openNodes({ kinds, zones }: Fleet, packing: Packing, { nodes }: Decision): Slot[][] {
  const slots = kinds.map((): Slot[] => []);
  const inZone = zones.map(() => 0);
  const count = (zone: number) => inZone[zone] ?? 0;
  for (const { column, count: copies } of nodes) {
    for (let copy = 0; copy < copies; copy++) {
      const { host } = column;
      const zone =
        column.zone ?? host.zones.reduce((best, other) => (count(other) < count(best) ? other : best));
      const node = packing.open(host.offer, host.role, zone);
      if (!node) continue;
      inZone[zone] = count(zone) + 1;
      for (const { count: free, kind } of column.slots) slots[kind]?.push({ node, free });
    }
  }
  return slots;
}

/** By zone: how many workloads of the kind have one replica more there than in the emptiest zone. */
function extraPlaces(
  { zones }: Fleet,
  { index, replicas }: PodKind,
  { inZone }: Decision,
  users: number,
): number[] {
  const { floor } = perZone(replicas, zones.length);
  return zones.map((_, zone) => (inZone[index]?.[zone] ?? 0) - floor * users);
}

/** Slots for all replicas of one workload; undefined for each that has none. */
function targets(
  { zones }: Fleet,
  { spread }: PodKind,
  replicas: number,
  slots: readonly Slot[],
  extraLeft: number[],
): (Slot | undefined)[] {
  if (spread === "none") {
    const free = slots.flatMap((slot) => Array.from({ length: Math.min(slot.free, replicas) }, () => slot));
    return Array.from({ length: replicas }, (_, replica) => free[replica]);
  }
  const emptiest = (count: number, within: readonly Slot[]) => {
    const sorted = within.filter(({ free }) => free > 0).toSorted((a, b) => b.free - a.free);
    return Array.from({ length: count }, (_, replica) => sorted[replica]);
  };
  if (spread === "node") return emptiest(replicas, slots);
  const { extra, floor } = perZone(replicas, zones.length);
  const withExtra = new Set(
    [...zones.keys()].toSorted((a, b) => (extraLeft[b] ?? 0) - (extraLeft[a] ?? 0)).slice(0, extra),
  );
  for (const zone of withExtra) extraLeft[zone] = (extraLeft[zone] ?? 0) - 1;
  return [...zones.keys()].flatMap((zone) =>
    emptiest(
      floor + (withExtra.has(zone) ? 1 : 0),
      slots.filter(({ node }) => node.zone === zone),
    ),
  );
}
