import type { Fleet } from "../fleet/fleet.ts";
import { perZone } from "../spread.ts";
import type { Column } from "./master.ts";
import type { Decision } from "./round.ts";

/** One node to be opened. */
export interface ZonedNode {
  readonly column: Column;
  readonly zone: number;
}

/** Times that all nodes are looked at again. */
const mostPasses = 20;

/**
 * Zones for nodes that may be in any: first each where the pods that it carries have the fewest slots, then by moving
 * single nodes, and exchanging the zones of two, as long as more pods find a slot in a zone where they may stand.
 */
export function chooseZones(fleet: Fleet, { nodes, ways }: Decision): ZonedNode[] {
  const slots = fleet.zones.map(() => fleet.shapes.map(() => 0));
  const inZone = (zone: number, shape: number) => slots[zone]?.[shape] ?? 0;
  const change = ({ slots: carried }: Column, zone: number, sign: 1 | -1) => {
    const ofZone = slots[zone];
    for (const { count, shape } of carried) if (ofZone) ofZone[shape] = (ofZone[shape] ?? 0) + sign * count;
  };
  const filled = ({ slots: carried }: Column, zone: number) =>
    carried.reduce((sum, { count, shape }) => sum + count * inZone(zone, shape), 0);

  const chosen = nodes.flatMap(({ column, count }) =>
    Array.from({ length: count }, () => {
      const { host, zone: fixed } = column;
      const emptiest = host.zones.reduce((best, zone) =>
        filled(column, zone) < filled(column, best) ? zone : best,
      );
      const zone = fixed ?? emptiest;
      change(column, zone, 1);
      return { column, zone };
    }),
  );

  const spreads = spreadPods(fleet, ways);
  /** Pods of the shape without a slot in a zone that may take them. */
  const missing = (shape: number) => {
    const spread = spreads[shape];
    if (!spread || spread.pods === 0) return 0;
    const seated = fleet.zones.reduce(
      (sum, _, zone) => sum + Math.min(inZone(zone, shape), spread.mostInZone),
      0,
    );
    return Math.max(0, spread.pods - seated);
  };
  const missingOf = (...columns: readonly Column[]) =>
    [...new Set(columns.flatMap((column) => column.slots.map(({ shape }) => shape)))].reduce(
      (sum, shape) => sum + missing(shape),
      0,
    );
  const move = (node: { column: Column; zone: number }, zone: number) => {
    change(node.column, node.zone, -1);
    change(node.column, zone, 1);
    node.zone = zone;
  };
  const free = chosen.filter(({ column }) => column.zone === undefined && column.host.zones.length > 1);

  for (let pass = 0; pass < mostPasses; pass++) {
    let better = false;
    for (const node of free) {
      if (missingOf(node.column) === 0) continue;
      for (const zone of node.column.host.zones) {
        const [from, before] = [node.zone, missingOf(node.column)];
        if (zone === from) continue;
        move(node, zone);
        if (missingOf(node.column) < before) better = true;
        else move(node, from);
      }
      for (const other of free) {
        if (other.zone === node.zone || missingOf(node.column) === 0) continue;
        const [one, two] = [node.zone, other.zone];
        if (!node.column.host.zones.includes(two) || !other.column.host.zones.includes(one)) continue;
        const before = missingOf(node.column, other.column);
        move(node, two);
        move(other, one);
        if (missingOf(node.column, other.column) < before) better = true;
        else {
          move(node, one);
          move(other, two);
        }
      }
    }
    if (!better) break;
  }
  return chosen;
}

/** By shape: pods that are spread over zones, and how many of them one zone can take. */
function spreadPods({ groups, kinds, shapes, zones }: Fleet, ways: Decision["ways"]) {
  const spreads = shapes.map(() => ({ pods: 0, mostInZone: 0 }));
  for (const { index, replicas, ways: ofGroup } of groups) {
    for (const [way, { kind }] of ofGroup.entries()) {
      const { shape = 0, spread = "none" } = kinds[kind] ?? {};
      const workloads = ways[index]?.[way] ?? 0;
      const sum = spreads[shape];
      if (spread !== "zone" || !sum) continue;
      const { extra, floor } = perZone(replicas, zones.length);
      sum.pods += workloads * replicas;
      sum.mostInZone += workloads * (extra > 0 ? floor + 1 : floor);
    }
  }
  return spreads;
}
