import { fits, podsPerNode, resources } from "./fit.ts";
import type { Fleet, Host } from "./fleet/fleet.ts";
import { bestMix } from "./mix.ts";

/** What one node carries: pods by shape, none of them 0, in order of shapes. */
export type Slots = readonly { readonly shape: number; readonly count: number }[];

/** Pods of one shape on one host. */
export interface Item {
  readonly shape: number;
  /** Of each resource, then 1 pod. */
  readonly takes: readonly number[];
  /** Most pods of it that fit on a node and are of use there. */
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
  const items = shelf.items.filter(({ most, shape }) => most > 0 && (worth[shape] ?? 0) > 0);
  if (quickBound(items, worth, shelf.room) <= above) return { slots: undefined, bound: above };
  const search = new Search(items, shelf.room, worth);
  const relaxed = search.bound(0);
  let best = above;
  let slots: Slots | undefined;
  const complete = search.visit(
    steps,
    () => best,
    (value) => {
      best = value;
      slots = search.slots();
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
  const search = new Search(
    shelf.items.filter(({ most }) => most > 0),
    shelf.room,
    worth,
  );
  const found: Slots[] = [];
  const complete = search.visit(
    steps,
    // Just below, so that what is worth exactly that is shown as well.
    () => least - 1e-9,
    () => {
      if (search.isMaximal()) found.push(search.slots());
      return found.length <= most;
    },
  );
  return complete ? found : undefined;
}

/** What a node carries is worth no more than this, by the scarcest resource alone. */
function quickBound(items: readonly Item[], worth: Float64Array, room: readonly number[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (const [at, amount] of room.entries()) {
    let density = 0;
    for (const { shape, takes } of items)
      density = Math.max(density, ratio(worth[shape] ?? 0, takes[at] ?? 0));
    least = Math.min(least, amount === 0 && density === Number.POSITIVE_INFINITY ? least : amount * density);
  }
  return least;
}

/** A depth-first search through the patterns of one node. Arrays are flat: this is where the time goes. */
class Search {
  readonly #shapes: readonly number[];
  readonly #count: number;
  readonly #values: Float64Array;
  readonly #most: Int32Array;
  /** By item and resource. */
  readonly #takes: Float64Array;
  readonly #rest: Float64Array;
  /** Weights of the resources whose mix bounds best. */
  readonly #mix: Float64Array;
  /** By item, and resource or at last their mix: most value per unit among this item and those after it. */
  readonly #density: Float64Array;
  /** By item: value of all pods of it and those after it. */
  readonly #total: Float64Array;
  /** The pattern that the search is at, by item. */
  readonly #counts: Int32Array;

  constructor(unsorted: readonly Item[], room: readonly number[], worth: Float64Array) {
    const used = [...room.keys()].filter((at) => unsorted.some(({ takes }) => (takes[at] ?? 0) > 0));
    const value = ({ shape }: Item) => worth[shape] ?? 0;
    const amounts = ({ takes }: Item) => used.map((at) => takes[at] ?? 0);
    this.#rest = Float64Array.from(used, (at) => room[at] ?? 0);
    this.#mix = bestMix(unsorted.map(amounts), unsorted.map(value), this.#rest);
    const ranked = unsorted
      .map((item) => ({
        item,
        amounts: amounts(item),
        density: ratio(value(item), dot(this.#mix, amounts(item))),
      }))
      .toSorted((a, b) => b.density - a.density || a.item.shape - b.item.shape);
    const [count, width] = [ranked.length, used.length];
    this.#count = count;
    this.#shapes = ranked.map(({ item }) => item.shape);
    this.#values = Float64Array.from(ranked, ({ item }) => value(item));
    this.#most = Int32Array.from(ranked, ({ item }) => item.most);
    this.#takes = Float64Array.from(ranked.flatMap(({ amounts }) => amounts));
    this.#counts = new Int32Array(count);
    this.#total = new Float64Array(count + 1);
    this.#density = new Float64Array((count + 1) * (width + 1));
    for (let at = count - 1; at >= 0; at--) {
      const [worth, entry] = [this.#values[at] ?? 0, ranked[at]];
      this.#total[at] = (this.#total[at + 1] ?? 0) + worth * (this.#most[at] ?? 0);
      for (let resource = 0; resource <= width; resource++) {
        const own = resource === width ? (entry?.density ?? 0) : ratio(worth, entry?.amounts[resource] ?? 0);
        const after = this.#density[(at + 1) * (width + 1) + resource] ?? 0;
        this.#density[at * (width + 1) + resource] = Math.max(own, after);
      }
    }
  }

  /** No pods of item `from` and those after it are worth more in what is left. */
  bound(from: number): number {
    const width = this.#rest.length;
    const row = from * (width + 1);
    let least = this.#total[from] ?? 0;
    let mixed = 0;
    for (let at = 0; at < width; at++) {
      const rest = this.#rest[at] ?? 0;
      mixed += rest * (this.#mix[at] ?? 0);
      const density = this.#density[row + at] ?? 0;
      // A resource that some item takes nothing of bounds nothing.
      if (density !== Number.POSITIVE_INFINITY && rest * density < least) least = rest * density;
    }
    return Math.min(least, mixed * (this.#density[row + width] ?? 0));
  }

  /**
   * Shows every pattern worth more than `threshold`; stops when `found` returns false.
   * @returns whether all were seen
   */
  visit(steps: number, threshold: () => number, found: (value: number) => boolean): boolean {
    let left = steps;
    const descend = (from: number, value: number): boolean => {
      if (--left < 0) return false;
      if (value + this.bound(from) <= threshold()) return true;
      if (from === this.#count) return found(value);
      const most = this.#fitting(from, this.#most[from] ?? 0);
      const worth = this.#values[from] ?? 0;
      this.#take(from, most);
      for (let count = most; count >= 0; count--) {
        this.#counts[from] = count;
        if (!descend(from + 1, value + count * worth)) return false;
        if (count > 0) this.#take(from, -1);
      }
      return true;
    };
    return descend(0, 0);
  }

  /** Whether no pod can be added to the pattern that the search is at. */
  isMaximal(): boolean {
    for (let item = 0; item < this.#count; item++) {
      const left = (this.#most[item] ?? 0) - (this.#counts[item] ?? 0);
      if (this.#fitting(item, left) > 0) return false;
    }
    return true;
  }

  /** The pattern that the search is at. */
  slots(): Slots {
    return this.#shapes
      .map((shape, item) => ({ shape, count: this.#counts[item] ?? 0 }))
      .filter(({ count }) => count > 0)
      .toSorted((a, b) => a.shape - b.shape);
  }

  /** How many more of the item there is room for, up to `most`. */
  #fitting(item: number, most: number): number {
    const width = this.#rest.length;
    let room = most;
    for (let at = 0; at < width; at++) {
      const amount = this.#takes[item * width + at] ?? 0;
      if (amount > 0) room = Math.min(room, Math.floor((this.#rest[at] ?? 0) / amount));
    }
    return room;
  }

  #take(item: number, count: number): void {
    const width = this.#rest.length;
    for (let at = 0; at < width; at++) {
      this.#rest[at] = (this.#rest[at] ?? 0) - count * (this.#takes[item * width + at] ?? 0);
    }
  }
}

/** Nothing is worth nothing, even where it takes nothing. */
function ratio(value: number, amount: number): number {
  return value === 0 ? 0 : value / amount;
}

function dot(weights: Float64Array, amounts: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < amounts.length; at++) sum += (weights[at] ?? 0) * (amounts[at] ?? 0);
  return sum;
}
