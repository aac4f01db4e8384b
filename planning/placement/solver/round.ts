import type { Highs } from "highs";
import type { Fleet } from "../fleet/fleet.ts";
import type { Column } from "./master.ts";
import { Relaxation, type Solved } from "./relaxation.ts";

/** What was decided in numbers: of workloads by group and way, and of nodes by column. */
export interface Decision {
  readonly ways: readonly (readonly number[])[];
  readonly nodes: readonly { readonly column: Column; readonly count: number }[];
}

/** Values this close to a whole number are one. */
const whole = 1e-6;
/** Fraction from which on a node is bought whole at once. */
const nearlyWhole = 0.9;
/** How often new patterns are looked for after each purchase. */
const rounds = 3;

/**
 * Buys, of each pattern, the nodes that are whole once workloads take these ways.
 * @returns undefined where they can't, for lack of offers with a limit
 */
export function roundDown(relaxation: Relaxation, ways: Decision["ways"]): Decision | undefined {
  relaxation.takeWays(ways);
  const solved = relaxation.solve();
  return (
    solved &&
    decided(
      relaxation,
      ways,
      Array.from(solved.nodes, (count) => Math.floor(count + whole)),
    )
  );
}

/** Workloads in whole numbers, by the ways that a solution gives most of. */
export function apportioned({ ways }: Solved): Decision["ways"] {
  return ways.map(apportion);
}

/** The same, but all workloads that can stay as they are stay; undefined where none can. */
export function staying({ groups }: Fleet, solved: Solved): Decision["ways"] | undefined {
  const stays = groups.map(({ ways }) =>
    ways.some(({ moves }) => moves) ? ways.findIndex(({ moves }) => !moves) : -1,
  );
  if (stays.every((way) => way < 0)) return undefined;
  return apportioned(solved).map((counts, group) => {
    const stay = stays[group] ?? -1;
    if (stay < 0) return counts;
    const all = groups[group]?.members.length ?? 0;
    return counts.map((_, way) => (way === stay ? all : 0));
  });
}

/**
 * Rounds by diving: buys the nodes that are whole and the one that is most nearly so, solves again for what is left, with
 * patterns that suit it, and so on until all is whole.
 * @param columns to start from
 */
export function dive(
  highs: Highs,
  fleet: Fleet,
  exclusion: number,
  columns: readonly Column[],
): Decision | undefined {
  return Relaxation.with(highs, fleet, exclusion, columns, (relaxation) => {
    let solved = relaxation.solve();
    if (!solved) return undefined;
    const ways = apportioned(solved);
    relaxation.takeWays(ways);
    const pods = podsOf(fleet, ways);
    let bought: number[] = [];
    for (;;) {
      const left = leftOver(pods, relaxation.columns, bought);
      for (let round = 0; round < rounds; round++) {
        solved = relaxation.solve();
        if (!solved) return undefined;
        const { patterns } = relaxation.search(solved.prices, solved, 1e-3, left);
        if (relaxation.add(patterns) === 0) break;
      }
      if (!solved) return undefined;
      const { nodes } = solved;
      bought = Array.from(nodes, (count) => Math.floor(count + whole));
      const fractions = bought.map((count, at) => (nodes[at] ?? 0) - count);
      const largest = Math.max(...fractions);
      if (largest <= whole) return decided(relaxation, ways, bought);
      const threshold = Math.min(nearlyWhole, largest);
      bought = bought.map((count, at) => ((fractions[at] ?? 0) >= threshold ? count + 1 : count));
      relaxation.buy(bought);
    }
  });
}

function decided({ columns }: Relaxation, ways: Decision["ways"], counts: readonly number[]): Decision {
  const nodes = columns.map((column, at) => ({ column, count: counts[at] ?? 0 }));
  return { ways, nodes: nodes.filter(({ count }) => count > 0) };
}

/** Pods by shape. */
function podsOf({ groups, kinds, shapes }: Fleet, ways: Decision["ways"]): number[] {
  const pods = shapes.map(() => 0);
  for (const { index, replicas, ways: ofGroup } of groups) {
    for (const [way, { kind }] of ofGroup.entries()) {
      const shape = kinds[kind]?.shape ?? 0;
      pods[shape] = (pods[shape] ?? 0) + replicas * (ways[index]?.[way] ?? 0);
    }
  }
  return pods;
}

function leftOver(pods: readonly number[], columns: readonly Column[], bought: readonly number[]): number[] {
  const left = [...pods];
  for (const [at, copies] of bought.entries()) {
    for (const { count, shape } of columns[at]?.slots ?? [])
      left[shape] = (left[shape] ?? 0) - copies * count;
  }
  return left.map((count) => Math.max(0, count));
}

/** Whole numbers nearest to the shares, with the same sum: largest remainders. */
function apportion(shares: readonly number[]): number[] {
  const counts = shares.map((share) => Math.floor(share + whole));
  const remainders = shares.map((share, at) => share - (counts[at] ?? 0));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const missing = Math.round(sum(shares)) - sum(counts);
  const order = [...shares.keys()].toSorted((a, b) => (remainders[b] ?? 0) - (remainders[a] ?? 0) || a - b);
  for (const at of order.slice(0, Math.max(0, missing))) counts[at] = (counts[at] ?? 0) + 1;
  return counts;
}
