/** An engine's accounting of the fullest GPU, or of the host for a server on the CPU, in bytes. */
export interface Accounting {
  readonly capacity: number;
  readonly budget: number;
  readonly weights: number;
  readonly activations: number;
  readonly graphs: number;
  readonly runtime: number;
  /** What the engine wants to be free when it starts, beyond what can be; 0 where it doesn't ask. */
  readonly missingAtStart: number;
  readonly cache: CacheUse;
}

/** What an engine's KV cache holds, and what it would have to. */
export interface CacheUse {
  /** Bytes of one more token on the fullest GPU, in the layers that keep everything. */
  readonly bytesPerToken: number;
  /** Bytes for one full context, or for the wanted requests where that is more. */
  readonly needed: number;
  /** What `needed` is for, as one would say it: `8 requests of 2048 tokens`. */
  readonly neededFor: string;
  readonly tokens: number;
  readonly largestContext: number;
  readonly concurrency: number;
}

type Shares = Pick<Accounting, "budget" | "weights" | "activations" | "graphs" | "runtime">;

/** What is left for the KV cache; negative when the rest alone doesn't fit. */
export function kvBytes({ budget, weights, activations, graphs, runtime }: Shares): number {
  return budget - weights - activations - graphs - runtime;
}
