/** Takes out what ranks highest first; of equals what was put in first. */
export class Heap<Value> {
  readonly #entries: { readonly rank: number; readonly turn: number; readonly value: Value }[] = [];
  #turn = 0;

  push(rank: number, value: Value): void {
    const entries = this.#entries;
    entries.push({ rank, turn: this.#turn++, value });
    for (let at = entries.length - 1; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#before(at, parent)) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  pop(): Value | undefined {
    const entries = this.#entries;
    if (entries.length === 0) return undefined;
    this.#swap(0, entries.length - 1);
    const top = entries.pop();
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const first = this.#before(right, left) ? right : left;
      if (!this.#before(first, at)) return top?.value;
      this.#swap(at, first);
      at = first;
    }
  }

  #before(a: number, b: number): boolean {
    const [one, other] = [this.#entries[a], this.#entries[b]];
    if (one === undefined || other === undefined) return one !== undefined;
    return one.rank > other.rank || (one.rank === other.rank && one.turn < other.turn);
  }

  #swap(a: number, b: number): void {
    const [one, other] = [this.#entries[a], this.#entries[b]];
    if (one === undefined || other === undefined) return;
    this.#entries[a] = other;
    this.#entries[b] = one;
  }
}
