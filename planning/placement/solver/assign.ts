import type { Fleet } from "../fleet/fleet.ts";
import { Packing } from "../packing.ts";
import type { Workload } from "../problem.ts";
import type { Decision } from "./round.ts";
import { type Chosen, type Shortage, type Slot, seat } from "./seating.ts";
import { chooseZones } from "./zones.ts";

export interface Assignment {
  readonly packing: Packing;
  readonly chosen: readonly Chosen[];
  /** By shape, where replicas that may not meet need more nodes than there are. */
  readonly shortages: ReadonlyMap<number, Shortage>;
}

/** Names for numbers: which workload takes which way, and where each of its replicas stands. */
export function assign(
  fleet: Fleet,
  workloads: ReadonlyMap<string, Workload>,
  decision: Decision,
): Assignment {
  const chosen = choose(fleet, workloads, decision);
  const packing = new Packing(fleet.zones);
  const slots = openNodes(fleet, packing, decision);
  const users = byShape(fleet, chosen);
  const shortages = new Map<number, Shortage>();
  for (const { index, zoned } of fleet.shapes) {
    const { seats, shortage } = seat(users[index] ?? [], slots[index] ?? [], zoned ? fleet.zones.length : 0);
    for (const { chosen, node } of seats) packing.add(node, chosen.workload, chosen.option.demand);
    if (shortage) shortages.set(index, shortage);
  }
  packing.closeEmpty();
  return { packing, chosen, shortages };
}

/** Shortages that show even if zones are left aside, by shape. */
export function shortagesAnywhere(
  fleet: Fleet,
  workloads: ReadonlyMap<string, Workload>,
  decision: Decision,
): Map<number, Shortage> {
  const users = byShape(fleet, choose(fleet, workloads, decision));
  const slots = openNodes(fleet, new Packing(fleet.zones), decision);
  const shortages = new Map<number, Shortage>();
  for (const { index } of fleet.shapes) {
    const anywhere = (slots[index] ?? []).map((slot) => ({ ...slot, zone: 0 }));
    const { shortage } = seat(users[index] ?? [], anywhere, 0);
    if (shortage) shortages.set(index, shortage);
  }
  return shortages;
}

function byShape({ groups, kinds, shapes }: Fleet, chosen: readonly Chosen[]): Chosen[][] {
  const users = shapes.map((): Chosen[] => []);
  for (const choice of chosen) {
    const kind = groups[choice.group]?.ways[choice.way]?.kind ?? -1;
    users[kinds[kind]?.shape ?? -1]?.push(choice);
  }
  return users;
}

/** The first members by name take the first way, as many as were decided, the next the second, and so on. */
export function choose(
  fleet: Fleet,
  workloads: ReadonlyMap<string, Workload>,
  { ways: counts }: Pick<Decision, "ways">,
): Chosen[] {
  return fleet.groups.flatMap(({ index: group, members, ways }) => {
    let from = 0;
    return ways.flatMap((_, way) => {
      const takers = members.slice(from, from + (counts[group]?.[way] ?? 0));
      from += takers.length;
      return takers.flatMap(({ name, options }): Chosen[] => {
        const workload = workloads.get(name);
        const option = workload?.options.find(({ id }) => id === options[way]);
        return workload && option ? [{ workload, option, group, way }] : [];
      });
    });
  });
}

/** Opens the nodes and tells, by shape, where there are slots. */
function openNodes(fleet: Fleet, packing: Packing, decision: Decision): Slot[][] {
  const slots = fleet.shapes.map((): Slot[] => []);
  for (const { column, zone } of chooseZones(fleet, decision)) {
    const node = packing.open(column.host.offer, column.host.role, zone);
    if (!node) continue;
    for (const { count, shape } of column.slots) {
      slots[shape]?.push({ node, zone: fleet.shapes[shape]?.zoned ? zone : 0, count });
    }
  }
  return slots;
}
