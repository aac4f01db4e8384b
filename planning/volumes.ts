import type { AwsPlatformSpec } from "../spec/platform.ts";
import type { VectorStorePlan } from "./sizing/vectors/store.ts";

/** gp3 volumes of one kind, beside the root volumes of nodes. */
export interface VolumePlan {
  /** What they hold: `postgres`, `qdrant`. */
  readonly name: string;
  readonly count: number;
  /** Of each. */
  readonly gib: number;
}

/**
 * Volumes that pods keep their data on. PostgreSQL's is made larger by what pgvector stores in it; data on instance
 * stores is on no volume.
 */
export function planVolumes(
  { postgres }: Pick<AwsPlatformSpec, "postgres">,
  { disk, servers, store }: VectorStorePlan,
): VolumePlan[] {
  const inPostgres = store === "pgvector" ? disk.gib : 0;
  return [
    { name: "postgres", count: 1, gib: postgres.storageGi + inPostgres },
    ...(servers > 0 && disk.kind === "volume" ? [{ name: store, count: servers, gib: disk.gib }] : []),
  ];
}
