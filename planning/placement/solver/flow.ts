/** A flow network with whole capacities, and its largest flow by Dinic's algorithm (Soviet Math. Doklady 11, 1970). */
export class Flow {
  readonly #heads: number[] = [];
  readonly #capacities: number[] = [];
  readonly #edges: number[][] = [];
  #levels: number[] = [];

  /** @returns its number */
  vertex(): number {
    return this.#edges.push([]) - 1;
  }

  /** @returns its number, for `carried` */
  edge(from: number, to: number, capacity: number): number {
    const edge = this.#heads.push(to, from) - 2;
    this.#capacities.push(capacity, 0);
    this.#edges[from]?.push(edge);
    this.#edges[to]?.push(edge + 1);
    return edge;
  }

  /** Sends as much as possible. */
  run(source: number, sink: number): number {
    let total = 0;
    while (this.#level(source, sink)) {
      const next = this.#edges.map(() => 0);
      for (;;) {
        const sent = this.#send(source, sink, Number.POSITIVE_INFINITY, next);
        if (sent === 0) break;
        total += sent;
      }
    }
    return total;
  }

  carried(edge: number): number {
    return this.#capacities[edge + 1] ?? 0;
  }

  /** After `run`: whether more could still be sent to the vertex. Those make one side of a smallest cut. */
  reachable(vertex: number): boolean {
    return (this.#levels[vertex] ?? -1) >= 0;
  }

  #level(source: number, sink: number): boolean {
    this.#levels = this.#edges.map(() => -1);
    this.#levels[source] = 0;
    const queue = [source];
    for (const vertex of queue) {
      for (const edge of this.#edges[vertex] ?? []) {
        const head = this.#heads[edge] ?? 0;
        if ((this.#capacities[edge] ?? 0) === 0 || this.reachable(head)) continue;
        this.#levels[head] = (this.#levels[vertex] ?? 0) + 1;
        queue.push(head);
      }
    }
    return this.reachable(sink);
  }

  #send(vertex: number, sink: number, most: number, next: number[]): number {
    if (vertex === sink) return most;
    const edges = this.#edges[vertex] ?? [];
    for (let at = next[vertex] ?? 0; at < edges.length; at++) {
      next[vertex] = at;
      const edge = edges[at] ?? 0;
      const capacity = this.#capacities[edge] ?? 0;
      const head = this.#heads[edge] ?? 0;
      if (capacity === 0 || this.#levels[head] !== (this.#levels[vertex] ?? 0) + 1) continue;
      const sent = this.#send(head, sink, Math.min(most, capacity), next);
      if (sent === 0) continue;
      this.#capacities[edge] = capacity - sent;
      this.#capacities[edge ^ 1] = (this.#capacities[edge ^ 1] ?? 0) + sent;
      return sent;
    }
    next[vertex] = edges.length;
    return 0;
  }
}
