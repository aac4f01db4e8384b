import type { Host } from "./fleet.ts";
import type { Choices } from "./ways.ts";

export interface Component {
  readonly hosts: readonly Host[];
  readonly choices: readonly Choices[];
}

/**
 * Workloads and hosts in parts that have nothing to do with each other: no way of one leads to hosts of another, and no
 * offer with a limit is used by both.
 */
export function connected(hosts: readonly Host[], choices: readonly Choices[]): Component[] {
  const parent = new Map(hosts.map(({ index }) => [index, index]));
  const root = (host: number): number => {
    const above = parent.get(host) ?? host;
    if (above === host) return host;
    const top = root(above);
    parent.set(host, top);
    return top;
  };
  const join = (indexes: readonly number[]) => {
    const [first, ...others] = indexes.filter((index) => parent.has(index));
    if (first !== undefined) for (const other of others) parent.set(root(other), root(first));
    return first;
  };
  for (const { offer } of hosts) {
    if (offer.limit === undefined) continue;
    join(hosts.filter((host) => host.offer === offer).map(({ index }) => index));
  }
  const entries = choices.map((choice) => ({ choice, host: join(choice.ways.flatMap((way) => way.hosts)) }));
  const roots = [...new Set(hosts.map(({ index }) => root(index)))];
  return roots.map((top) => ({
    hosts: hosts.filter(({ index }) => root(index) === top),
    choices: entries
      .filter(({ host }) => host !== undefined && root(host) === top)
      .map(({ choice }) => choice),
  }));
}
