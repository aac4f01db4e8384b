import type { MemoryShares } from "../../planning/memory/estimate.ts";

/** What the parts of a memory bar mean. */
export const memoryLegend = "█ weights  ▓ activations, graphs, runtime  ░ KV cache  · not the engine's";

/** The memory of one GPU as a bar of `width` characters; every part that is there shows. */
export function memoryBar(shares: MemoryShares, width: number): string {
  const { activations, budget, capacity, graphs, kvCache, runtime, weights } = shares;
  const parts: readonly (readonly [string, number])[] = [
    ["█", weights],
    ["▓", activations + graphs + runtime],
    ["░", Math.max(0, kvCache)],
    ["·", Math.max(0, capacity - budget)],
  ];
  return proportional(parts, width);
}

/** A filled bar for a share of a whole, which may be exceeded. */
export function shareBar(share: number, width: number): string {
  const filled = Math.min(width, Math.max(0, Math.round(share * width)));
  return "█".repeat(filled) + "░".repeat(width - filled);
}

/** Largest remainders, with at least one character for what is not nothing. */
function proportional(parts: readonly (readonly [string, number])[], width: number): string {
  const there = parts.filter(([, amount]) => amount > 0);
  const total = there.reduce((sum, [, amount]) => sum + amount, 0);
  const room = width - there.length;
  const exact = there.map(([, amount]) => (room * amount) / total);
  const lengths = exact.map(Math.floor);
  const byRemainder = exact
    .map((length, index) => [length % 1, index] as const)
    .sort(([a], [b]) => b - a)
    .slice(0, room - lengths.reduce((sum, length) => sum + length, 0));
  for (const [, index] of byRemainder) lengths[index] = (lengths[index] ?? 0) + 1;
  return there.map(([mark], index) => mark.repeat(1 + (lengths[index] ?? 0))).join("");
}
