import type { Resource } from "../fit.ts";
import type { Host } from "./fleet.ts";
import type { Choices } from "./ways.ts";

/**
 * Hosts without those that another one replaces in every placement: no dearer, without a limit, open to every pod that
 * the first is open to, in all its zones, and with at least its room of all that can run out there.
 * @param counted by host, the resources that can run out
 */
export function undominatedHosts(
  hosts: readonly Host[],
  choices: readonly Choices[],
  counted: readonly ReadonlySet<Resource>[],
): Host[] {
  const sets = new Map<string, ReadonlySet<number>>();
  for (const way of choices.flatMap(({ ways }) => ways)) {
    const key = way.hosts.join();
    if (!sets.has(key)) sets.set(key, new Set(way.hosts));
  }
  const users = hosts.map(({ index }) => [...sets.values()].filter((set) => set.has(index)));
  const replaces = (better: Host, worse: Host) =>
    better.role === worse.role &&
    better.offer.limit === undefined &&
    better.offer.usdPerHour <= worse.offer.usdPerHour &&
    better.offer.pods >= worse.offer.pods &&
    worse.zones.every((zone) => better.zones.includes(zone)) &&
    [...(counted[better.index] ?? [])].every(
      (resource) => better.offer.room[resource] >= worse.offer.room[resource],
    ) &&
    (users[worse.index] ?? []).every((set) => set.has(better.index));
  return hosts.filter(
    (host) =>
      (users[host.index] ?? []).length > 0 &&
      !hosts.some(
        (other) =>
          other !== host &&
          replaces(other, host) &&
          // Of two that replace each other the first stays.
          (other.index < host.index || !replaces(host, other)),
      ),
  );
}
