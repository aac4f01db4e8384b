import { fits, podsPerNode, resources } from "./fit.ts";
import type { Fleet, Host } from "./fleet/fleet.ts";
import { bestMix } from "./mix.ts";

/** What one node carries: pods by shape, none of them 0, in order of shapes. */
export type Slots = readonly { readonly shape: number; readonly count: number }[];

/** A host with all that may stand on it: what the searches below work on. Arrays by item are in order of shapes. */
export interface Shelf {
  readonly host: Host;
  /** Of each resource that any item takes, and of pods. */
  readonly room: Float64Array;
  /** Shapes that may stand on it, one per item. */
  readonly shapes: readonly number[];
  /** By item and resource: what one pod takes. */
  readonly takes: Float64Array;
  /** By item: most pods that fit on a node and are of use there. */
  readonly most: Int32Array;
}

export function shelvesOf({ hosts, shapes }: Fleet): Shelf[] {
  return hosts.map((host) => {
    const { offer } = host;
    const items = shapes.filter(
      ({ demand, hosts, mostPerNode }) =>
        hosts.includes(host.index) && fits(demand, offer.room) && Math.min(mostPerNode, offer.pods) > 0,
    );
    const used = resources.filter((resource) => items.some(({ demand }) => demand[resource] > 0));
    return {
      host,
      room: Float64Array.from([...used.map((resource) => offer.room[resource]), offer.pods]),
      shapes: items.map(({ index }) => index),
      takes: Float64Array.from(
        items.flatMap(({ demand }) => [...used.map((resource) => demand[resource]), 1]),
      ),
      most: Int32Array.from(items, ({ demand, mostPerNode }) =>
        Math.min(mostPerNode, podsPerNode(demand, offer)),
      ),
    };
  });
}

/** The same shelf with fewer pods of each shape, none of some. */
export function capped(shelf: Shelf, mostOf: (shape: number) => number): Shelf {
  return { ...shelf, most: shelf.most.map((most, item) => Math.min(most, mostOf(shelf.shapes[item] ?? 0))) };
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
  if (quickBound(shelf, worth) <= above) return { slots: undefined, bound: above };
  const search = new Search(shelf, worth, true);
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
  const search = new Search(shelf, worth, false);
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
function quickBound({ most, room, shapes, takes }: Shelf, worth: Float64Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at < room.length; at++) {
    let density = 0;
    for (let item = 0; item < most.length; item++) {
      if ((most[item] ?? 0) === 0) continue;
      density = Math.max(density, ratio(worth[shapes[item] ?? 0] ?? 0, takes[item * room.length + at] ?? 0));
    }
    least = Math.min(least, (room[at] ?? 0) * density);
  }
  return least;
}

/** A depth-first search through the patterns of one node. Arrays are flat: this is where the time goes. */
class Search {
  readonly #shapes: Int32Array;
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

  constructor({ most, room, shapes, takes }: Shelf, worth: Float64Array, onlyWorthy: boolean) {
    const width = room.length;
    this.#rest = room.slice();
    const values = Float64Array.from(shapes, (shape) => worth[shape] ?? 0);
    const usable = Int32Array.from(shapes.keys()).filter(
      (item) => (most[item] ?? 0) > 0 && (!onlyWorthy || (values[item] ?? 0) > 0),
    );
    this.#mix = bestMix(usable, takes, values, room);
    const densities = values.map((value, item) => {
      let mixed = 0;
      for (let at = 0; at < width; at++) mixed += (this.#mix[at] ?? 0) * (takes[item * width + at] ?? 0);
      return ratio(value, mixed);
    });
    usable.sort((a, b) => (densities[b] ?? 0) - (densities[a] ?? 0) || a - b);

    const count = usable.length;
    this.#shapes = usable.map((item) => shapes[item] ?? 0);
    this.#values = Float64Array.from(usable, (item) => values[item] ?? 0);
    this.#most = usable.map((item) => most[item] ?? 0);
    this.#counts = new Int32Array(count);
    this.#takes = new Float64Array(count * width);
    this.#total = new Float64Array(count + 1);
    this.#density = new Float64Array((count + 1) * (width + 1));
    for (let at = count - 1; at >= 0; at--) {
      const [item, value] = [usable[at] ?? 0, this.#values[at] ?? 0];
      this.#total[at] = (this.#total[at + 1] ?? 0) + value * (this.#most[at] ?? 0);
      for (let resource = 0; resource <= width; resource++) {
        const amount = takes[item * width + resource] ?? 0;
        if (resource < width) this.#takes[at * width + resource] = amount;
        const own = resource < width ? ratio(value, amount) : (densities[item] ?? 0);
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
      if (from === this.#counts.length) return found(value);
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
    for (let item = 0; item < this.#counts.length; item++) {
      const left = (this.#most[item] ?? 0) - (this.#counts[item] ?? 0);
      if (this.#fitting(item, left) > 0) return false;
    }
    return true;
  }

  /** The pattern that the search is at. */
  slots(): Slots {
    return Array.from(this.#shapes, (shape, item) => ({ shape, count: this.#counts[item] ?? 0 }))
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
