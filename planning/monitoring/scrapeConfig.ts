import type { ScrapedPods } from "./targets.ts";

/** Prometheus' configuration, as far as we write it. */
export interface PrometheusConfig {
  readonly global: { readonly scrape_interval: string; readonly scrape_timeout: string };
  readonly scrape_configs: readonly ScrapeConfig[];
}

export interface ScrapeConfig {
  readonly job_name: string;
  /** Whether labels of the series win over those of their pod. */
  readonly honor_labels?: boolean;
  readonly kubernetes_sd_configs?: readonly {
    readonly role: "pod" | "node";
    readonly namespaces?: { readonly names: readonly string[] };
    readonly selectors?: readonly { readonly role: "pod"; readonly label: string }[];
  }[];
  readonly static_configs?: readonly { readonly targets: readonly string[] }[];
  readonly relabel_configs?: readonly Relabeling[];
}

export interface Relabeling {
  readonly source_labels: readonly string[];
  readonly regex?: string;
  readonly action?: "keep" | "drop";
  readonly target_label?: string;
  readonly replacement?: string;
}

/** Port of its own page and metrics. */
export const prometheusPort = 9090;

/** Of the add-ons, which run outside of our namespaces: prometheus-community helm-charts, values.yaml of both. */
const kubeStateMetrics = {
  service: "kube-state-metrics",
  namespace: "kube-state-metrics",
  port: 8080,
};
const nodeExporterPort = 9100;
/** Of both: pods of theirs have addresses of the network. */
export const exporterPorts: readonly number[] = [kubeStateMetrics.port, nodeExporterPort];

/**
 * Pods are found where their namespace is known, by the API server; the rest by what doesn't move.
 * @param addOns whether the cluster has add-ons that tell of it and of its nodes
 */
export function scrapeConfig(pods: readonly ScrapedPods[], addOns: boolean): PrometheusConfig {
  return {
    // The autoscaler looks every 15 s; a rate over two minutes has eight of them.
    global: { scrape_interval: "15s", scrape_timeout: "10s" },
    scrape_configs: [
      ...pods.map(podJob),
      ...(addOns ? clusterJobs() : []),
      { job_name: "prometheus", static_configs: [{ targets: [`localhost:${prometheusPort}`] }] },
    ],
  };
}

function clusterJobs(): ScrapeConfig[] {
  const { namespace, port, service } = kubeStateMetrics;
  return [
    {
      job_name: "kube-state-metrics",
      honor_labels: true,
      static_configs: [{ targets: [`${service}.${namespace}.svc.cluster.local:${port}`] }],
    },
    {
      job_name: "nodes",
      kubernetes_sd_configs: [{ role: "node" }],
      relabel_configs: [
        address("__meta_kubernetes_node_address_InternalIP", nodeExporterPort),
        label("__meta_kubernetes_node_name", "node"),
      ],
    },
  ];
}

/**
 * A pod is found once for each port that it declares, and not all declare this one: addresses are made from the pod's own,
 * and what is then the same is one target.
 */
function podJob({ apps, firstOnly, job, namespace, ownLabels, port }: ScrapedPods): ScrapeConfig {
  return {
    job_name: job,
    ...(ownLabels ? { honor_labels: true } : {}),
    kubernetes_sd_configs: [
      {
        role: "pod",
        namespaces: { names: [namespace] },
        selectors: [{ role: "pod", label: `app.kubernetes.io/name in (${apps.join(",")})` }],
      },
    ],
    relabel_configs: [
      { source_labels: ["__meta_kubernetes_pod_phase"], regex: "Running", action: "keep" },
      ...(firstOnly
        ? [
            {
              source_labels: ["__meta_kubernetes_pod_label_apps_kubernetes_io_pod_index"],
              regex: "0",
              action: "keep" as const,
            },
          ]
        : []),
      address("__meta_kubernetes_pod_ip", port),
      label("__meta_kubernetes_namespace", "namespace"),
      label("__meta_kubernetes_pod_name", "pod"),
      label("__meta_kubernetes_pod_label_app_kubernetes_io_name", "app"),
      label("__meta_kubernetes_pod_node_name", "node"),
    ],
  };
}

const address = (source: string, port: number): Relabeling => ({
  source_labels: [source],
  regex: "(.+)",
  target_label: "__address__",
  replacement: `$1:${port}`,
});

const label = (source: string, target: string): Relabeling => ({
  source_labels: [source],
  target_label: target,
});
