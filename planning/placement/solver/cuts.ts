import type { Fleet, PodKind } from "../fleet/fleet.ts";
import { perZone } from "../spread.ts";
import type { Entry } from "./highs.ts";
import type { Decision } from "./integer.ts";
import type { Column, Master } from "./master.ts";

interface Numbered {
  readonly column: Column;
  readonly index: number;
}

/**
 * Rows that a decision breaks: pods that may not meet need slots on enough different nodes.
 *
 * N workloads with r replicas each find places on nodes with s1, s2, ... slots exactly when sum(min(s, N)) >= r N
 * (Gale and Ryser). Slots per node are capped by the workloads that may choose the kind, but those that do choose it can
 * be fewer. For the number n that the decision came to, the rows added here demand sum(min(s, n)) >= r min(n, N),
 * with a column that says whether N is above n.
 *
 * @returns how many conditions were broken
 */
export function addCuts(
  fleet: Fleet,
  master: Master,
  columns: readonly Numbered[],
  decision: Decision,
): number {
  let broken = 0;
  const slots = new Map<
    number,
    { readonly at: Numbered; readonly count: number; readonly nodes: number }[]
  >();
  const used = new Map(decision.nodes.map(({ column, count }) => [column, count]));
  for (const at of columns) {
    for (const { count, kind } of at.column.slots) {
      const list = slots.get(kind) ?? [];
      list.push({ at, count, nodes: used.get(at.column) ?? 0 });
      slots.set(kind, list);
    }
  }
  for (const kind of fleet.kinds) {
    if (kind.spread === "none") continue;
    const chosen = usersOf(fleet, decision, kind);
    if (chosen === 0) continue;
    const within = (zone: number | undefined) =>
      (slots.get(kind.index) ?? []).filter(({ at }) => zone === undefined || at.column.zone === zone);
    const reach = (n: number, zone: number | undefined) =>
      within(zone).reduce((sum, { count, nodes }) => sum + Math.min(count, n) * nodes, 0);
    const terms = (n: number, zone: number | undefined): { column: number; value: number }[] =>
      within(zone).map(({ at, count }) => ({ column: at.index, value: Math.min(count, n) }));
    const users = usersTerms(fleet, master, kind);

    if (kind.spread === "node") {
      if (reach(chosen, undefined) >= kind.replicas * chosen) continue;
      broken++;
      const pods = users.map(({ column }) => ({ column, value: kind.replicas }));
      addSwitched(master, kind, chosen, users, pods, kind.replicas, terms(chosen, undefined));
      continue;
    }
    const { floor } = perZone(kind.replicas, fleet.zones.length);
    if (floor === 0) continue;
    for (const zone of fleet.zones.keys()) {
      const pods = decision.inZone[kind.index]?.[zone] ?? 0;
      const inZone = master.inZone[kind.index]?.[zone] ?? 0;
      const extra = pods - floor * chosen;
      if (reach(chosen, zone) < pods) {
        broken++;
        addSwitched(master, kind, chosen, users, [{ column: inZone, value: 1 }], floor, terms(chosen, zone));
      }
      if (extra > 0 && reach(extra, zone) < (floor + 1) * extra) {
        broken++;
        // Workloads with one replica more here: pods in the zone less what each has anyway.
        const extras = [
          { column: inZone, value: 1 },
          ...users.map(({ column }) => ({ column, value: -floor })),
        ];
        const switched = master.program.column(0, 1, []);
        const threshold = master.program.row(Number.NEGATIVE_INFINITY, extra - 1);
        extend(master, threshold, extras);
        extend(master, threshold, [{ column: switched, value: -(kind.workloads - extra + 1) }]);
        const demand = master.program.row(0, Number.POSITIVE_INFINITY);
        extend(master, demand, terms(extra, zone));
        extend(master, demand, [{ column: switched, value: -(floor + 1) * extra }]);
      }
    }
  }
  return broken;
}

type Term = { readonly column: number; readonly value: number };

/**
 * Adds a column b that is 1 where more than n workloads choose the kind, and
 * slots >= pods - (most pods beyond what is asked of n) b, slots >= least n b.
 */
function addSwitched(
  { program }: Master,
  kind: PodKind,
  n: number,
  users: readonly Term[],
  pods: readonly Term[],
  least: number,
  slots: readonly Term[],
): void {
  const master = { program };
  const more = program.column(0, 1, []);
  const threshold = program.row(Number.NEGATIVE_INFINITY, n);
  extend(master, threshold, users);
  extend(master, threshold, [{ column: more, value: -(kind.workloads - n) }]);
  const demand = program.row(0, Number.POSITIVE_INFINITY);
  extend(master, demand, slots);
  extend(
    master,
    demand,
    pods.map(({ column, value }) => ({ column, value: -value })),
  );
  extend(master, demand, [{ column: more, value: kind.replicas * kind.workloads }]);
  const always = program.row(0, Number.POSITIVE_INFINITY);
  extend(master, always, slots);
  extend(master, always, [{ column: more, value: -least * n }]);
}

function extend({ program }: Pick<Master, "program">, row: number, terms: readonly Term[]): void {
  for (const { column, value } of terms) {
    const entry: Entry = { row, value };
    program.extend(column, entry);
  }
}

function usersOf({ groups }: Fleet, { ways }: Decision, kind: PodKind): number {
  return groups
    .flatMap((group) =>
      group.ways.map((way, at) => (way.kind === kind.index ? (ways[group.index]?.[at] ?? 0) : 0)),
    )
    .reduce((sum, count) => sum + count, 0);
}

function usersTerms({ groups }: Fleet, { ways }: Master, kind: PodKind): Term[] {
  return groups.flatMap((group) =>
    group.ways.flatMap((way, at) => {
      const column = ways[group.index]?.[at];
      return way.kind === kind.index && column !== undefined ? [{ column, value: 1 }] : [];
    }),
  );
}
