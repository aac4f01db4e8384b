import type { Environment } from "../../spec/platform.ts";
import type { Resources } from "../services.ts";

/** Namespace of what collects metrics and serves them to Kubernetes. */
export const monitoringNamespace = "ai-monitoring";
/** Names of their objects. */
export const prometheusApp = "prometheus";
export const metricsApiApp = "prometheus-adapter";

/** What collects metrics, and what serves them to Kubernetes, as planned for and as made. */
export interface MonitoringPods {
  readonly prometheus: {
    readonly replicas: number;
    readonly resources: Resources;
    /** Volume of each replica, in GiB. */
    readonly storageGi: number;
    /** Days that metrics are kept, if they fit. */
    readonly retentionDays: number;
  };
  readonly metricsApi: { readonly replicas: number; readonly resources: Resources };
}

/**
 * In prod there are two that know nothing of each other, each on a volume in another zone: a volume never leaves its zone,
 * and when a zone is lost the other zones' replicas have to grow, by metrics that somebody must still have. Elsewhere scaling
 * may rest while a node is replaced; replicas stay as they are meanwhile.
 *
 * Some 1,200 series of each node, 800 of each model server and 60 of each pod make 55,000 in prod and 20,000 elsewhere. Each
 * takes 8 KB of memory, twice while Go collects garbage, and every 15 s 1.5 bytes of disk: 7 GB in 15 days, 1.2 GB in 7.
 * Source of both: Prometheus' documentation, "Storage", and its "Memory usage" FAQ; the numbers of series are estimates.
 */
export function monitoringPods(environment: Environment): MonitoringPods {
  if (environment === "local") return onOneMachine;
  const prod = environment === "prod";
  return {
    prometheus: {
      replicas: prod ? 2 : 1,
      resources: even(prod ? "500m" : "250m", prod ? "2048Mi" : "1024Mi"),
      storageGi: prod ? 20 : 10,
      retentionDays: prod ? 15 : 7,
    },
    // Upstream's manifest requests 102m and 180Mi.
    metricsApi: { replicas: 2, resources: even("100m", "256Mi") },
  };
}

/** Three jobs of few series on a machine that has other work: measured, 86 MiB and 64 MiB. */
const onOneMachine: MonitoringPods = {
  prometheus: {
    replicas: 1,
    resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } },
    storageGi: 1,
    retentionDays: 1,
  },
  metricsApi: {
    replicas: 1,
    resources: { requests: { cpu: "50m", memory: "96Mi" }, limits: { memory: "256Mi" } },
  },
};

/** What is the ground that others scale by is never the first to be evicted. */
const even = (cpu: string, memory: string): Resources => ({
  requests: { cpu, memory },
  limits: { memory },
});
