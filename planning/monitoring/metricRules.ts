import type { PodMetric } from "../serving/scalingMetrics.ts";

/** prometheus-adapter's configuration, as far as we write it. */
export interface MetricRules {
  readonly rules: readonly MetricRule[];
}

export interface MetricRule {
  readonly seriesQuery: string;
  readonly resources: { readonly overrides: Readonly<Record<string, { readonly resource: string }>> };
  readonly name: { readonly matches: string; readonly as: string };
  readonly metricsQuery: string;
}

/**
 * One rule a metric, each of one series. Two rules of the same series would serve it twice, and whichever came last would win:
 * prometheus-adapter takes them to exclude each other.
 */
export function metricRules(metrics: readonly PodMetric[]): MetricRules {
  return {
    rules: metrics.map(({ name, query, series }) => ({
      seriesQuery: `{__name__="${series}",namespace!="",pod!=""}`,
      resources: { overrides: { namespace: { resource: "namespace" }, pod: { resource: "pod" } } },
      name: { matches: `^${series}$`, as: name },
      metricsQuery: query,
    })),
  };
}
