import { fits, podsPerNode, resources } from "./fit.ts";
import type { Fleet, Host } from "./fleet/fleet.ts";

/** What one node carries: pods by kind, none of them 0, in order of kinds. */
export type Slots = readonly { readonly kind: number; readonly count: number }[];

/** A kind of pod on one host. */
export interface Item {
  readonly kind: number;
  /** Of each resource, then 1 pod. */
  readonly takes: readonly number[];
  readonly most: number;
}

/** A host with all that may stand on it: what the searches below work on. */
export interface Shelf {
  readonly host: Host;
  readonly room: readonly number[];
  readonly items: readonly Item[];
}

export function shelvesOf({ hosts, kinds }: Fleet): Shelf[] {
  const onHost = hosts.map((): Item[] => []);
  for (const { demand, hosts: able, index, mostPerNode } of kinds) {
    const takes = [...resources.map((resource) => demand[resource]), 1];
    for (const at of able) {
      const offer = hosts[at]?.offer;
      if (!offer || !fits(demand, offer.room)) continue;
      onHost[at]?.push({ kind: index, takes, most: Math.min(mostPerNode, podsPerNode(demand, offer)) });
    }
  }
  return hosts.map((host, at) => ({
    host,
    room: [...resources.map((resource) => host.offer.room[resource]), host.offer.pods],
    items: onHost[at] ?? [],
  }));
}

export interface Best {
  /** Worth more than `above`; undefined when the search found none. */
  readonly slots: Slots | undefined;
  /** No pattern is worth more than this. */
  readonly bound: number;
}

/**
 * The most valuable pattern of a node: a bounded knapsack with several resources, by depth-first branch and bound.
 * @param worth value of one pod by kind
 * @param above only patterns worth more than this are of interest
 * @param steps most nodes of the search tree; beyond, `bound` is the relaxation's
 */
export function bestPattern(shelf: Shelf, worth: Float64Array, above: number, steps: number): Best {
  const search = new Search(shelf, worth, (kind) => (worth[kind] ?? 0) > 0);
  const relaxed = search.bound(0);
  let best = above;
  let slots: Slots | undefined;
  const complete = search.visit(
    steps,
    () => best,
    (value, counts) => {
      best = value;
      slots = search.slots(counts);
      return true;
    },
  );
  return { slots, bound: complete ? best : Math.max(best, relaxed) };
}

/**
 * All patterns worth at least `least` to which no pod can be added.
 * @returns undefined when there are more than `most`, or the search takes more than `steps`
 */
export function maximalPatterns(
  shelf: Shelf,
  worth: Float64Array,
  least: number,
  most: number,
  steps: number,
): Slots[] | undefined {
  const search = new Search(shelf, worth, () => true);
  const found: Slots[] = [];
  const complete = search.visit(
    steps,
    () => least,
    (_value, counts) => {
      if (search.isMaximal(counts)) found.push(search.slots(counts));
      return found.length <= most;
    },
    true,
  );
  return complete ? found : undefined;
}

class Search {
  readonly #items: readonly Item[];
  readonly #values: readonly number[];
  readonly #rest: number[];
  /** By resource and item: most value per unit among this item and those after it. */
  readonly #density: readonly (readonly number[])[];
  /** By item: value of all pods of it and those after it. */
  readonly #total: readonly number[];

  constructor({ items, room }: Shelf, worth: Float64Array, wanted: (kind: number) => boolean) {
    const size = ({ takes }: Item) =>
      Math.max(...takes.map((amount, at) => (amount === 0 ? 0 : amount / (room[at] ?? 0))));
    const value = ({ kind }: Item) => worth[kind] ?? 0;
    this.#items = items
      .filter(({ kind, most }) => most > 0 && wanted(kind))
      .toSorted((a, b) => value(b) / size(b) - value(a) / size(a) || a.kind - b.kind);
    this.#values = this.#items.map(value);
    this.#rest = [...room];
    this.#density = room.map((_, at) =>
      fromBehind(this.#items, 0, (item, after) =>
        Math.max(after, value(item) === 0 ? 0 : value(item) / (item.takes[at] ?? 0)),
      ),
    );
    this.#total = fromBehind(this.#items, 0, (item, after) => after + item.most * value(item));
  }

  /** No pods of item `from` and those after it are worth more in what is left. */
  bound(from: number): number {
    let least = this.#total[from] ?? 0;
    for (let at = 0; at < this.#rest.length; at++) {
      const density = this.#density[at]?.[from] ?? 0;
      const rest = this.#rest[at] ?? 0;
      // A resource that some item takes nothing of bounds nothing.
      if (density === Number.POSITIVE_INFINITY) continue;
      least = Math.min(least, rest * density);
    }
    return least;
  }

  /**
   * Shows every pattern worth more than `threshold` (at least that, if `ties`); stops when `found` returns false.
   * @returns whether all were seen
   */
  visit(
    steps: number,
    threshold: () => number,
    found: (value: number, counts: readonly number[]) => boolean,
    ties = false,
  ): boolean {
    const counts = this.#items.map(() => 0);
    let left = steps;
    const descend = (from: number, value: number): boolean => {
      if (--left < 0) return false;
      const reach = value + this.bound(from);
      if (ties ? reach < threshold() : reach <= threshold()) return true;
      const item = this.#items[from];
      if (!item) return found(value, counts);
      const most = this.#room(item, item.most);
      this.#take(item, most);
      for (let count = most; count >= 0; count--) {
        counts[from] = count;
        if (!descend(from + 1, value + count * (this.#values[from] ?? 0))) return false;
        if (count > 0) this.#take(item, -1);
      }
      return true;
    };
    return descend(0, 0);
  }

  isMaximal(counts: readonly number[]): boolean {
    return this.#items.every((item, at) => {
      const count = counts[at] ?? 0;
      return this.#room(item, item.most - count) === 0;
    });
  }

  slots(counts: readonly number[]): Slots {
    return this.#items
      .flatMap(({ kind }, at) => {
        const count = counts[at] ?? 0;
        return count > 0 ? [{ kind, count }] : [];
      })
      .toSorted((a, b) => a.kind - b.kind);
  }

  /** How many more of the item there is room for, up to `most`. */
  #room({ takes }: Item, most: number): number {
    let room = most;
    for (let at = 0; at < takes.length; at++) {
      const amount = takes[at] ?? 0;
      if (amount > 0) room = Math.min(room, Math.floor((this.#rest[at] ?? 0) / amount));
    }
    return room;
  }

  #take({ takes }: Item, count: number): void {
    for (let at = 0; at < takes.length; at++) {
      this.#rest[at] = (this.#rest[at] ?? 0) - count * (takes[at] ?? 0);
    }
  }
}

/** Folds from the last item to the first and keeps each step: entry `i` covers items `i` and after; the last, none. */
function fromBehind(
  items: readonly Item[],
  none: number,
  fold: (item: Item, after: number) => number,
): number[] {
  const steps = [none];
  let after = none;
  for (const item of items.toReversed()) {
    after = fold(item, after);
    steps.push(after);
  }
  return steps.toReversed();
}
