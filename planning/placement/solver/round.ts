import type { Model } from "highs";
import type { Fleet } from "../fleet/fleet.ts";
import type { Decision } from "./integer.ts";
import type { Column, Master } from "./master.ts";

/** Values this close to a whole number are one. */
const whole = 1e-6;

/**
 * Makes a decision of the solved relaxation: workloads take the ways that it gives most of, then it is solved again with
 * those, and of each pattern as many nodes are taken as are whole.
 */
export function roundDown(model: Model, fleet: Fleet, master: Master, columns: readonly Column[]): Decision {
  const first = model.getSolution().colValue;
  const ways = fleet.groups.map(({ index, members }) =>
    apportion(
      (master.ways[index] ?? []).map((column) => first[column] ?? 0),
      members.length,
    ),
  );
  const indices = master.ways.flat();
  const counts = Float64Array.from(ways.flat());
  model.changeColsBounds({ kind: "set", indices }, counts, counts);
  model.run();
  const values = model.getSolution().colValue;
  const base = values.length - columns.length;
  return {
    ways,
    nodes: columns
      .map((column, at) => ({ column, count: Math.floor((values[base + at] ?? 0) + whole) }))
      .filter(({ count }) => count > 0),
  };
}

/** Whole numbers nearest to the shares that make up the same sum, or less where that is fractional: largest remainders. */
function apportion(shares: readonly number[], most: number): number[] {
  const counts = shares.map((share) => Math.floor(share + whole));
  const total = Math.min(most, Math.round(shares.reduce((sum, share) => sum + share, 0)));
  const order = [...shares.keys()].toSorted((a, b) => remainder(b) - remainder(a) || a - b);
  let left = total - counts.reduce((sum, count) => sum + count, 0);
  for (const at of order) {
    if (left <= 0) break;
    counts[at] = (counts[at] ?? 0) + 1;
    left--;
  }
  return counts;

  function remainder(at: number): number {
    return (shares[at] ?? 0) - (counts[at] ?? 0);
  }
}
