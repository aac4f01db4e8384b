import { fits, podsPerNode, resources } from "./fit.ts";
import type { Fleet, Host } from "./fleet/fleet.ts";

/** What one node carries: pods by shape, none of them 0, in order of shapes. */
export type Slots = readonly { readonly shape: number; readonly count: number }[];

/** Pods of one shape on one host. */
export interface Item {
  readonly shape: number;
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

export function shelvesOf({ hosts, shapes }: Fleet): Shelf[] {
  const onHost = hosts.map((): Item[] => []);
  for (const { demand, hosts: able, index, mostPerNode } of shapes) {
    const takes = [...resources.map((resource) => demand[resource]), 1];
    for (const at of able) {
      const offer = hosts[at]?.offer;
      if (!offer || !fits(demand, offer.room)) continue;
      onHost[at]?.push({ shape: index, takes, most: Math.min(mostPerNode, podsPerNode(demand, offer)) });
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
 * @param worth value of one pod by shape
 * @param above only patterns worth more than this are of interest
 * @param steps most nodes of the search tree; beyond, `bound` is the relaxation's
 */
export function bestPattern(shelf: Shelf, worth: Float64Array, above: number, steps: number): Best {
  const search = new Search(shelf, worth, (shape) => (worth[shape] ?? 0) > 0);
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
  /** Weights of the resources whose mix bounds best, and its densities. */
  readonly #mix: readonly number[];
  readonly #mixDensity: readonly number[];
  /** By item: value of all pods of it and those after it. */
  readonly #total: readonly number[];

  constructor({ items, room }: Shelf, worth: Float64Array, wanted: (shape: number) => boolean) {
    const value = ({ shape }: Item) => worth[shape] ?? 0;
    const usable = items.filter(({ most, shape }) => most > 0 && wanted(shape));
    this.#mix = bestMix(
      usable.map(({ takes }) => takes),
      usable.map(value),
      room,
    );
    const mixed = ({ takes }: Item) => dot(this.#mix, takes);
    const density = (item: Item) => (value(item) === 0 ? 0 : value(item) / mixed(item));
    this.#items = usable.toSorted((a, b) => density(b) - density(a) || a.shape - b.shape);
    this.#values = this.#items.map(value);
    this.#rest = [...room];
    this.#density = room.map((_, at) =>
      fromBehind(this.#items, 0, (item, after) =>
        Math.max(after, value(item) === 0 ? 0 : value(item) / (item.takes[at] ?? 0)),
      ),
    );
    this.#mixDensity = fromBehind(this.#items, 0, (item, after) => Math.max(after, density(item)));
    this.#total = fromBehind(this.#items, 0, (item, after) => after + item.most * value(item));
  }

  /** No pods of item `from` and those after it are worth more in what is left. */
  bound(from: number): number {
    let least = Math.min(this.#total[from] ?? 0, dot(this.#mix, this.#rest) * (this.#mixDensity[from] ?? 0));
    for (let at = 0; at < this.#rest.length; at++) {
      const density = this.#density[at]?.[from] ?? 0;
      // A resource that some item takes nothing of bounds nothing.
      if (density === Number.POSITIVE_INFINITY) continue;
      least = Math.min(least, (this.#rest[at] ?? 0) * density);
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
      .flatMap(({ shape }, at) => {
        const count = counts[at] ?? 0;
        return count > 0 ? [{ shape, count }] : [];
      })
      .toSorted((a, b) => a.shape - b.shape);
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

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}

/**
 * Weights of resources under which all values fit into the least of a full node: any mix of two resources, each by its
 * share of the room, bounds what a node carries, and this is the best of them. By ternary search, as the largest value
 * per mix is quasi-convex in the weight.
 */
function bestMix(
  takes: readonly (readonly number[])[],
  values: readonly number[],
  room: readonly number[],
): readonly number[] {
  const usable = [...room.keys()].filter((at) => (room[at] ?? 0) > 0);
  const parts = takes.map((amounts) => amounts.map((amount, at) => amount / (room[at] ?? 0)));
  let best = { worth: Number.POSITIVE_INFINITY, weights: room.map(() => 0) };
  const tried = (first: number, second: number, weight: number): number => {
    let worth = 0;
    for (const [item, part] of parts.entries()) {
      const value = values[item] ?? 0;
      if (value > 0)
        worth = Math.max(worth, value / (weight * (part[first] ?? 0) + (1 - weight) * (part[second] ?? 0)));
    }
    if (worth < best.worth) {
      const weights = room.map(() => 0);
      weights[first] = weight / (room[first] ?? 1);
      weights[second] = (weights[second] ?? 0) + (1 - weight) / (room[second] ?? 1);
      best = { worth, weights };
    }
    return worth;
  };
  for (const first of usable) {
    for (const second of usable) {
      if (second < first) continue;
      if (second === first) {
        tried(first, first, 1);
        continue;
      }
      let [low, high] = [0, 1];
      for (let step = 0; step < 24; step++) {
        const [left, right] = [low + (high - low) / 3, high - (high - low) / 3];
        if (tried(first, second, left) <= tried(first, second, right)) high = right;
        else low = left;
      }
    }
  }
  return best.weights;
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
