import type { Fleet } from "../fleet/fleet.ts";
import type { Packing } from "../packing.ts";
import { bestPattern, capped, type Shelf, type Slots } from "../pattern.ts";
import { Heap } from "./heap.ts";
import type { Prices } from "./prices.ts";
import type { Chosen } from "./seating.ts";

/** Steps of one search for a pattern. */
const searchSteps = 5_000;

/** A node that could be bought next. */
interface Candidate {
  readonly shelf: Shelf;
  readonly zone: number;
  readonly slots: Slots;
  /** What its pods are worth for each dollar that it costs; only falls while pods are placed. */
  readonly yield: number;
}

/**
 * Places all replicas that have no place yet: buys the node whose pods, among those left, are worth most for its price,
 * again and again. At prices of pods that are near the truth, nearly full nodes come first, and what is left over at
 * the end goes on the cheapest that carries it.
 * @returns workloads that could not be completed
 */
export function fillByWorth(
  fleet: Fleet,
  shelves: readonly Shelf[],
  prices: Prices,
  packing: Packing,
  chosen: readonly Chosen[],
): Chosen[] {
  const waiting = fleet.shapes.map((): Chosen[] => []);
  for (const choice of chosen) {
    if (packing.standing(choice.workload) < choice.workload.replicas)
      waiting[shapeOf(fleet, choice)]?.push(choice);
  }
  const open = new Heap<Candidate>();
  for (const shelf of shelves) {
    for (const zone of shelf.host.zones) push(candidate(shelf, zone));
  }
  for (let best = open.pop(); best !== undefined; best = open.pop()) {
    const { shelf, slots, zone } = best;
    const { host } = shelf;
    if (!stillWanted(slots, zone)) {
      push(candidate(shelf, zone));
      continue;
    }
    const node = packing.open(host.offer, host.role, zone);
    if (!node) continue;
    for (const { count, shape } of slots) {
      for (let placed = 0; placed < count; placed++) {
        const taker = takers(shape, zone).find(
          ({ workload }) => workload.spread === "none" || !node.pods.includes(workload.name),
        );
        if (!taker) break;
        packing.add(node, taker.workload, taker.option.demand);
        if (packing.standing(taker.workload) === taker.workload.replicas) {
          waiting[shape] = (waiting[shape] ?? []).filter((choice) => choice !== taker);
        }
      }
    }
    push(best);
  }
  return waiting.flat();

  function push(next: Candidate | undefined): void {
    if (next) open.push(next.yield, next);
  }

  /** Those that may have a replica there, the ones with most left first. */
  function takers(shape: number, zone: number): Chosen[] {
    const left = ({ workload }: Chosen) => workload.replicas - packing.standing(workload);
    return (waiting[shape] ?? [])
      .filter(({ workload }) => workload.spread !== "zone" || packing.zonesFor(workload).includes(zone))
      .toSorted((a, b) => left(b) - left(a));
  }

  function most(shape: number, zone: number): number {
    return takers(shape, zone).reduce(
      (sum, { workload }) =>
        sum + (workload.spread === "none" ? workload.replicas - packing.standing(workload) : 1),
      0,
    );
  }

  function stillWanted(slots: Slots, zone: number): boolean {
    return slots.every(({ count, shape }) => count <= most(shape, zone));
  }

  function candidate(shelf: Shelf, zone: number): Candidate | undefined {
    const open = capped(shelf, (shape) => most(shape, zone));
    // Even pods that are worth nothing must stand somewhere.
    const worth = (prices.inZone[zone] ?? new Float64Array()).map((price) => price + 1e-6);
    const { slots } = bestPattern(open, worth, 0, searchSteps);
    if (!slots) return undefined;
    const value = slots.reduce((sum, { count, shape }) => sum + count * (worth[shape] ?? 0), 0);
    return { shelf, zone, slots, yield: value / Math.max(shelf.host.offer.usdPerHour, 1e-6) };
  }
}

function shapeOf({ groups, kinds }: Fleet, { group, way }: Chosen): number {
  return kinds[groups[group]?.ways[way]?.kind ?? -1]?.shape ?? -1;
}
