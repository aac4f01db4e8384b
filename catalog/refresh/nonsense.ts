import type { Change } from "./changes.ts";
import type { Quote } from "./source.ts";

/** Prices may rise or fall by less than this factor between two readings; a real change has never come near it. */
const largestFactor = 10;

/** Share of a list that may be gone at the next reading. */
const largestLoss = 1 / 5;

/** Why a quote can't be a price of an hour in US dollars; undefined where it can. */
export function quoteProblem(list: string, { type, amount, unit, currency }: Quote): string | undefined {
  const what = `${list}: ${type}`;
  if (unit !== "Hrs") return `${what} is priced per ${unit || "(nothing)"}, not per hour (Hrs)`;
  if (currency !== "USD") return `${what} is priced in ${currency || "(nothing)"}, not in USD`;
  if (!Number.isFinite(amount) || amount <= 0) return `${what} costs ${amount}: a price is above 0`;
  return undefined;
}

/** What is not believable about the changes of a price list that had `size` entries. */
export function changeProblems(list: string, size: number, changes: readonly Change[]): readonly string[] {
  const jumps = changes.flatMap((change) => {
    if (change.kind !== "changed") return [];
    const factor = Math.max(change.after / change.before, change.before / change.after);
    return factor > largestFactor
      ? [
          `${list}: ${change.key} went from ${change.before} to ${change.after}, more than ${largestFactor}-fold`,
        ]
      : [];
  });
  const gone = changes.filter(({ kind }) => kind === "removed").map(({ key }) => key);
  return [...jumps, ...lossProblem(list, size, gone)];
}

/** A list that lost more than a fifth of its entries was read wrongly, or with too few rights. */
export function lossProblem(list: string, size: number, gone: readonly string[]): readonly string[] {
  if (gone.length <= size * largestLoss) return [];
  const shown = gone.slice(0, 5).join(", ");
  return [
    `${list}: ${gone.length} of ${size} entries are gone, more than a fifth (${shown}${gone.length > 5 ? ", ..." : ""})`,
  ];
}
