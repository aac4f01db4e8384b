import type { Fleet, Host } from "../fleet/fleet.ts";
import type { Slots } from "../pattern.ts";
import { perZone } from "../spread.ts";
import { type Entry, Program } from "./highs.ts";

/** Nodes of one host that all carry the same. */
export interface Column {
  readonly host: Host;
  /** Index of the zone; undefined where it doesn't matter: the host floats, or nothing on it spreads over zones. */
  readonly zone: number | undefined;
  readonly slots: Slots;
}

/** The program with what is known before any pattern is. */
export interface Master {
  readonly program: Program;
  /** By group and way: its column, how many workloads take it. */
  readonly ways: readonly (readonly number[])[];
  /** By shape and zone (one entry where zones don't matter): the row that says pods have slots. */
  readonly supply: readonly (readonly number[])[];
  /** By shape: the row of slots on nodes that float; undefined where zones don't matter. */
  readonly pool: readonly (number | undefined)[];
  /** By offer with a limit: its row. */
  readonly limits: ReadonlyMap<string, number>;
  entries(column: Column): Entry[];
}

/** What a move costs in the solver beyond its price, so that it never makes one for nothing. US dollars an hour. */
export const moveTie = 1e-6;

const infinity = Number.POSITIVE_INFINITY;

/**
 * The program that all solving is about: how many workloads of each group take which way, how many nodes carry which
 * pattern, and, for shapes that are spread over zones, how many pods stand in which zone.
 *
 *     least   prices of nodes + costs of ways
 *     group   workloads by way                     = its workloads
 *     limit   nodes of an offer                    <= its limit
 *     supply  slots of a shape (in a zone)         >= its pods (in the zone)
 *     pool    slots on nodes that float            >= those counted in some zone
 *     pods    pods of a kind in all zones          = replicas of the workloads that take it
 *     spread  pods of a spread kind in each zone   between floor and ceiling of replicas / zones per workload
 *
 * @param exclusion price of leaving out a workload that has only offers with a limit, beside what its move costs
 */
export function buildMaster(fleet: Fleet, exclusion: number): Master {
  const { groups, hosts, kinds, shapes, zones } = fleet;
  const program = new Program();
  const supply = shapes.map(({ zoned }) => (zoned ? zones : [0]).map(() => program.row(0, infinity)));
  const pool = shapes.map(({ index, zoned }) => {
    if (!zoned) return undefined;
    const pool = program.row(0, infinity);
    for (const row of supply[index] ?? []) {
      program.column(0, infinity, [
        { row, value: 1 },
        { row: pool, value: -1 },
      ]);
    }
    return pool;
  });
  const limits = new Map<string, number>();
  for (const { id, limit } of hosts.map(({ offer }) => offer)) {
    if (limit !== undefined && !limits.has(id)) limits.set(id, program.row(0, limit));
  }

  /** What one workload that takes the kind adds to each row. */
  const perWorkload: ((replicas: number) => Entry[])[] = [];
  const unspread = shapes.map((): number | undefined => undefined);
  for (const { index, shape, spread, replicas: degree } of kinds) {
    const rows = supply[shape] ?? [];
    if (!shapes[shape]?.zoned) {
      perWorkload[index] = (replicas) => rows.map((row) => ({ row, value: -replicas }));
      continue;
    }
    if (spread !== "zone") {
      // Pods that no rule sends anywhere share one row: where they stand is for the slots to say.
      const pods = unspread[shape] ?? program.row(0, infinity);
      if (unspread[shape] === undefined) {
        unspread[shape] = pods;
        for (const row of rows)
          program.column(0, infinity, [
            { row, value: -1 },
            { row: pods, value: 1 },
          ]);
      }
      perWorkload[index] = (replicas) => [{ row: pods, value: -replicas }];
      continue;
    }
    const { extra, floor } = perZone(degree, zones.length);
    const pods = program.row(0, 0);
    const ceilings = zones.map(() => program.row(-infinity, 0));
    const floors = floor > 0 ? zones.map(() => program.row(0, infinity)) : [];
    for (const [zone, row] of rows.entries()) {
      const others = [pods, ceilings[zone], floors[zone]].flatMap((at) => (at === undefined ? [] : [at]));
      const entries = others.map((row) => ({ row, value: 1 }));
      program.column(0, infinity, [{ row, value: -1 }, ...entries]);
    }
    perWorkload[index] = (replicas) => [
      { row: pods, value: -replicas },
      ...ceilings.map((row) => ({ row, value: -(extra > 0 ? floor + 1 : floor) })),
      ...floors.map((row) => ({ row, value: -floor })),
    ];
  }

  const ways = groups.map(({ leaving, members, replicas, secure, ways }) => {
    const group = { row: program.row(members.length, members.length), value: 1 };
    if (!secure) program.column(exclusion + moved(leaving), members.length, [group]);
    return ways.map(({ cost, kind, moves }) => {
      const entries = perWorkload[kind]?.(replicas) ?? [];
      return program.column(moves ? moved(cost) : cost, members.length, [group, ...entries]);
    });
  });

  const entries = ({ host, slots, zone }: Column): Entry[] => {
    const limit = limits.get(host.offer.id);
    return [
      ...(limit === undefined ? [] : [{ row: limit, value: 1 }]),
      ...slots.map(({ count, shape }) => {
        const rows = supply[shape] ?? [];
        const row = shapes[shape]?.zoned ? (zone === undefined ? pool[shape] : rows[zone]) : rows[0];
        return { row: row ?? 0, value: count };
      }),
    ];
  };
  return { program, ways, supply, pool, limits, entries };
}

/** With the tie, where anything moves at all. */
const moved = (cost: number | undefined): number => (cost === undefined ? 0 : cost + moveTie);

export function columnKey({ host, slots, zone }: Column): string {
  return `${host.index}/${zone ?? ""}/${slots.map(({ count, shape }) => `${shape}x${count}`).join()}`;
}
