import { fits } from "../fit.ts";
import type { Host } from "./fleet.ts";
import type { Choices } from "./ways.ts";

/**
 * Leaves out hosts that another one replaces in every placement: no dearer, without a limit, with at least the room, in
 * all its zones, and open to every pod that the first is open to.
 */
export function withoutDominated(
  hosts: readonly Host[],
  choices: readonly Choices[],
): { readonly hosts: readonly Host[]; readonly choices: readonly Choices[] } {
  const sets = [
    ...new Map(
      choices.flatMap(({ ways }) => ways.map((way) => [way.hosts.join(), new Set(way.hosts)] as const)),
    ).values(),
  ];
  const users = hosts.map(({ index }) => sets.filter((set) => set.has(index)));
  const kept = hosts.filter(({ index, ...host }) => {
    const own = users[index] ?? [];
    return (
      own.length > 0 &&
      !hosts.some((other) => {
        if (other.index === index || !replaces(other, { index, ...host })) return false;
        if (!own.every((set) => set.has(other.index))) return false;
        // Of two that replace each other the first stays.
        const mutual =
          replaces({ index, ...host }, other) && (users[other.index] ?? []).every((set) => set.has(index));
        return !mutual || other.index < index;
      })
    );
  });
  const renamed = new Map(kept.map(({ index }, at) => [index, at]));
  return {
    hosts: kept.map((host, index) => ({ ...host, index })),
    choices: choices.map((choice) => ({
      ...choice,
      ways: choice.ways.map((way) => ({
        ...way,
        hosts: way.hosts.flatMap((host) => renamed.get(host) ?? []),
      })),
    })),
  };
}

function replaces(better: Host, worse: Host): boolean {
  return (
    better.role === worse.role &&
    better.offer.limit === undefined &&
    better.offer.usdPerHour <= worse.offer.usdPerHour &&
    better.offer.pods >= worse.offer.pods &&
    fits(worse.offer.room, better.offer.room) &&
    worse.zones.every((zone) => better.zones.includes(zone))
  );
}
