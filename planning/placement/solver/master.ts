import type { Fleet, Host, PodKind } from "../fleet/fleet.ts";
import type { Slots } from "../pattern.ts";
import { perZone } from "../spread.ts";
import { type Entry, Program } from "./highs.ts";

/**
 * Nodes of one host that all carry the same.
 */
export interface Column {
  readonly host: Host;
  /** Index of the zone; undefined where it doesn't matter, because nothing on it spreads over zones. */
  readonly zone: number | undefined;
  readonly slots: Slots;
}

/** What a group may also do when offers with a limit are all it has: stay out, at a price above all others. */
export interface Master {
  readonly program: Program;
  /** By group and way: its column, how many workloads take it. */
  readonly ways: readonly (readonly number[])[];
  /** By group: the column of those left out; undefined where none need be. */
  readonly leftOut: readonly (number | undefined)[];
  /** By kind and zone (one entry where zones don't matter): the row that says pods have slots. */
  readonly supply: readonly (readonly number[])[];
  /** By kind and zone: the column of its pods in the zone; empty where zones don't matter. */
  readonly inZone: readonly (readonly number[])[];
  /** By offer with a limit: its row. */
  readonly limits: ReadonlyMap<string, number>;
  entries(column: Column): Entry[];
}

/** What a move costs in the solver beyond its price, so that it never makes one for nothing. US dollars an hour. */
export const moveTie = 1e-6;

/**
 * The program that all solving is about: how many workloads of each group take which way, how many nodes carry which
 * pattern, and how many pods of each kind that spreads over zones stand in which.
 *
 *     least   prices of nodes + costs of ways
 *     group   workloads by way                          = its workloads
 *     supply  slots for a kind (in a zone)              >= its pods (in the zone)
 *     spread  pods of a kind in each zone               between floor and ceiling of replicas / zones per workload
 *     limit   nodes of an offer                         <= its limit
 *
 * @param exclusion price of leaving out a workload that has only offers with a limit
 */
export function buildMaster(fleet: Fleet, exclusion: number): Master {
  const { groups, hosts, kinds, zones } = fleet;
  const program = new Program();
  const infinity = Number.POSITIVE_INFINITY;

  const group = groups.map(({ members }) => program.row(members.length, members.length));
  const supply = kinds.map((kind) =>
    (isZoned(kind) ? zones : [undefined]).map(() => program.row(0, infinity)),
  );
  const limits = new Map(
    hosts.flatMap(({ offer: { id, limit } }) => (limit === undefined ? [] : [[id, limit] as const])),
  );
  const limitRow = new Map([...limits].map(([id, limit]) => [id, program.row(0, limit)]));
  const spread = kinds.map((kind) => {
    if (!isZoned(kind)) return undefined;
    return {
      pods: program.row(0, 0),
      ceiling: zones.map(() => program.row(-infinity, 0)),
      floor: zones.map(() => program.row(0, infinity)),
    };
  });

  const ways = groups.map(({ index, members, replicas, ways }) =>
    ways.map(({ cost, kind, moves }) => {
      const entries: Entry[] = [{ row: group[index] ?? 0, value: 1 }];
      const zoned = spread[kind];
      if (zoned) {
        entries.push({ row: zoned.pods, value: -replicas });
        const { extra, floor } = perZone(replicas, zones.length);
        for (const row of zoned.ceiling) entries.push({ row, value: -(extra > 0 ? floor + 1 : floor) });
        for (const row of zoned.floor) entries.push({ row, value: -floor });
      } else {
        for (const row of supply[kind] ?? []) entries.push({ row, value: -replicas });
      }
      return program.column(cost + (moves ? moveTie : 0), members.length, entries);
    }),
  );
  const leftOut = groups.map(({ index, members, secure }) =>
    secure ? undefined : program.column(exclusion, members.length, [{ row: group[index] ?? 0, value: 1 }]),
  );
  const inZone = kinds.map(({ index }) => {
    const zoned = spread[index];
    if (!zoned) return [];
    return zones.map((_, zone) =>
      program.column(0, infinity, [
        { row: supply[index]?.[zone] ?? 0, value: -1 },
        { row: zoned.pods, value: 1 },
        { row: zoned.ceiling[zone] ?? 0, value: 1 },
        { row: zoned.floor[zone] ?? 0, value: 1 },
      ]),
    );
  });

  return {
    program,
    ways,
    leftOut,
    supply,
    inZone,
    limits: limitRow,
    entries({ host, slots, zone }) {
      const entries = slots.map(({ count, kind }): Entry => {
        const rows = supply[kind] ?? [];
        return { row: (rows.length > 1 && zone !== undefined ? rows[zone] : rows[0]) ?? 0, value: count };
      });
      const limit = limitRow.get(host.offer.id);
      if (limit !== undefined) entries.push({ row: limit, value: 1 });
      return entries;
    },
  };
}

export function isZoned({ spread }: PodKind): boolean {
  return spread === "zone";
}
