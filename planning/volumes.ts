import { prometheusApp } from "./monitoring/pods.ts";
import type { ServicesPlan } from "./services.ts";
import type { VectorStorePlan } from "./sizing/vectors/store.ts";

/** gp3 volumes of one kind, beside the root volumes of nodes. */
export interface VolumePlan {
  /** What they hold: `postgres`, `prometheus`, `qdrant`. */
  readonly name: string;
  readonly count: number;
  /** Of each. */
  readonly gib: number;
}

/** Volumes that pods keep their data on. PostgreSQL has none in RDS, and data on instance stores is on no volume. */
export function planVolumes(
  { monitoringPods: { prometheus }, postgres }: Pick<ServicesPlan, "monitoringPods" | "postgres">,
  { disk, servers, store }: VectorStorePlan,
): VolumePlan[] {
  return [
    ...(postgres.kind === "in-cluster" ? [{ name: "postgres", count: 1, gib: postgres.storageGi }] : []),
    { name: prometheusApp, count: prometheus.replicas, gib: prometheus.storageGi },
    ...(servers > 0 && disk.kind === "volume" ? [{ name: store, count: servers, gib: disk.gib }] : []),
  ];
}
