import { z } from "zod";
import type { Choice, Offer, Placement, Workload } from "./placement/problem.ts";
import { cheapestShare } from "./placement/share.ts";

/**
 * What a plan in force chose, as it is kept beside the environment's description: a later plan moves a workload only
 * when that saves enough. Prices and options aren't kept, because they are looked up anew.
 */
export const placementLockSchema = z.strictObject({
  /** By workload. */
  placements: z.record(
    z.string(),
    z.strictObject({
      /** Such as `1xL4/awq`. */
      option: z.string(),
      /** Offers that its replicas stand on, such as `g6.xlarge/spot`. */
      offers: z.array(z.string()),
    }),
  ),
});
export type PlacementLock = z.output<typeof placementLockSchema>;

/** The choices of a placement, in the order of their names: the same plan makes the same file. */
export function lockOf({ nodes, options }: Placement): PlacementLock {
  const offers = new Map<string, Set<string>>();
  for (const { offer, pods } of nodes) {
    for (const pod of pods) offers.set(pod, (offers.get(pod) ?? new Set()).add(offer));
  }
  return {
    placements: Object.fromEntries(
      [...options]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, option]) => [name, { option, offers: [...(offers.get(name) ?? [])].sort() }]),
    ),
  };
}

/**
 * What it costs to leave the plan in force.
 * @param stability share of a workload's hourly cost that a move must save
 */
export function previousChoices(
  lock: PlacementLock | undefined,
  workloads: readonly Workload[],
  offers: readonly Offer[],
  stability: number,
): Map<string, Choice> {
  const choices = new Map<string, Choice>();
  if (lock === undefined || stability === 0) return choices;
  for (const workload of workloads) {
    const before = lock.placements[workload.name];
    const option = workload.options.find(({ id }) => id === before?.option);
    if (before === undefined || option === undefined) continue;
    const share = cheapestShare(
      offers.filter(({ id }) => before.offers.includes(id)),
      option,
    );
    // What is reserved costs nothing more, but a move is still a restart.
    const moveCost = stability * workload.replicas * Math.max(share?.usdPerHour ?? 0, leastMoveUsd);
    choices.set(workload.name, { ...before, moveCost });
  }
  return choices;
}

/** US dollars an hour: less than any node's price, more than none. */
const leastMoveUsd = 0.001;

/**
 * Reads a kept lock.
 * @param source its name for messages
 * @throws LockError for anything but a lock
 */
export function parsePlacementLock(text: string, source: string): PlacementLock {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new LockError(`${source} is no JSON: ${error instanceof Error ? error.message : error}`);
  }
  const result = placementLockSchema.safeParse(value);
  if (result.success) return result.data;
  throw new LockError(`${source} is no placement lock:\n${z.prettifyError(result.error)}`);
}

/** A file with the choices of a plan that can't be read: remove it, or write it anew. */
export class LockError extends Error {
  override readonly name = "LockError";
}
