import { imageRef } from "../../catalog/images.ts";
import { podMetrics } from "../serving/scalingMetrics.ts";
import { type MetricRules, metricRules } from "./metricRules.ts";
import { type MonitoringPods, monitoringNamespace } from "./pods.ts";
import { exporterPorts, type PrometheusConfig, scrapeConfig } from "./scrapeConfig.ts";
import { type Scraped, type ScrapedPods, scrapedPods } from "./targets.ts";

/** What collects the cluster's metrics and serves those that replicas scale by, as plain values. */
export interface MonitoringPlan {
  readonly namespace: string;
  readonly prometheus: MonitoringPods["prometheus"] & {
    readonly image: string;
    readonly config: PrometheusConfig;
    /** MB that metrics may take, before the oldest go. */
    readonly retentionMB: number;
  };
  /** Pods of ours that it asks. */
  readonly scraped: readonly ScrapedPods[];
  /** What else it asks, by address: ports of everything in the VPC. */
  readonly addresses: readonly { readonly range: string; readonly port: number }[];
  readonly metricsApi: MonitoringPods["metricsApi"] & { readonly image: string; readonly rules: MetricRules };
  /** Namespace of the pods that scale; undefined where none does. */
  readonly scaledNamespace: string | undefined;
  /** Undefined on a cluster that isn't ours: what else runs there may count for more. */
  readonly priorityClass: string | undefined;
}

/** Share of a volume that metrics may take: the log that comes before them isn't counted, and needs room. Source: Prometheus, "Storage". */
const retentionShare = 0.8;

export function planMonitoring(
  { metricsApi, prometheus }: MonitoringPods,
  scaledNamespace: string | undefined,
  targets: Scraped,
): MonitoringPlan {
  const scraped = scrapedPods(targets);
  const { cluster } = targets;
  return {
    namespace: monitoringNamespace,
    prometheus: {
      ...prometheus,
      image: imageRef("prometheus"),
      config: scrapeConfig(scraped, cluster !== undefined),
      retentionMB: Math.floor((prometheus.storageGi * 2 ** 30 * retentionShare) / 2 ** 20),
    },
    scraped,
    // Pods of the add-ons have addresses of the VPC like their nodes, and no policy of their own that could let them in.
    addresses: cluster ? exporterPorts.map((port) => ({ range: cluster.range, port })) : [],
    metricsApi: {
      ...metricsApi,
      image: imageRef("prometheusAdapter"),
      rules: metricRules(podMetrics),
    },
    scaledNamespace,
    priorityClass: cluster && "system-cluster-critical",
  };
}
