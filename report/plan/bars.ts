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

/** Shares by largest remainder; what is not nothing gets at least one character, at the cost of the longest. */
function proportional(parts: readonly (readonly [string, number])[], width: number): string {
  const there = parts.filter(([, amount]) => amount > 0);
  const total = there.reduce((sum, [, amount]) => sum + amount, 0);
  const exact = there.map(([, amount]) => (width * amount) / total);
  const lengths = exact.map((length) => Math.max(1, Math.floor(length)));
  const left = () => width - lengths.reduce((sum, length) => sum + length, 0);
  while (left() !== 0) {
    const step = Math.sign(left());
    const lack = (index: number) => step * ((exact[index] ?? 0) - (lengths[index] ?? 0));
    const able = lengths.flatMap((length, index) => (length + step >= 1 ? [index] : []));
    const next = able.reduce((best, index) => (lack(index) > lack(best) ? index : best));
    lengths[next] = (lengths[next] ?? 0) + step;
  }
  return there.map(([mark], index) => mark.repeat(lengths[index] ?? 0)).join("");
}
