import type { Workload } from "./problem.ts";

/** Replicas of one workload in the zones that have the fewest of them, and how many zones have one more. */
export function perZone(replicas: number, zones: number): { floor: number; extra: number } {
  return { floor: Math.floor(replicas / zones), extra: replicas % zones };
}

/**
 * Zones in which the next replica may stand so that all can end up evenly spread.
 * @param counts replicas that stand already, by zone
 */
export function openZones({ replicas, spread }: Workload, counts: readonly number[]): number[] {
  if (spread !== "zone") return [...counts.keys()];
  const { extra, floor } = perZone(replicas, counts.length);
  const extraLeft = extra - counts.filter((count) => count > floor).length;
  return [...counts.keys()].filter((zone) => {
    const count = counts[zone] ?? 0;
    return count < floor || (count === floor && extraLeft > 0);
  });
}
