/** An engine's accounting of the fullest GPU, or of the host for a server on the CPU, in bytes. */
export interface Accounting {
  readonly capacity: number;
  readonly budget: number;
  readonly weights: number;
  readonly activations: number;
  readonly graphs: number;
  readonly runtime: number;
  readonly cache: CacheUse;
}

/** What an engine's KV cache holds, and what it would have to. */
export interface CacheUse {
  /** Bytes of one more token on the fullest GPU, in the layers that keep everything. */
  readonly bytesPerToken: number;
  /** Bytes for one full context and for the wanted requests. */
  readonly needed: number;
  readonly tokens: number;
  readonly largestContext: number;
  readonly concurrency: number;
}

/** What is left for the KV cache; negative when the rest alone doesn't fit. */
export function kvBytes({
  budget,
  weights,
  activations,
  graphs,
  runtime,
}: Omit<Accounting, "cache">): number {
  return budget - weights - activations - graphs - runtime;
}
