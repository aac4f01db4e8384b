import * as pulumi from "@pulumi/pulumi";
import type { MonitoringPlan } from "../../planning/monitoring/monitoring.ts";
import { metricsApiApp, prometheusApp } from "../../planning/monitoring/pods.ts";
import { IsolatedNamespace } from "../kubernetes/namespace.ts";
import type { Peer } from "../kubernetes/network.ts";
import { MetricsApi, type MetricsApiArgs } from "./metricsApi.ts";
import { Prometheus, type PrometheusArgs } from "./prometheus.ts";

export interface MonitoringArgs {
  readonly plan: MonitoringPlan;
  readonly labels: Readonly<Record<string, string>>;
  /** What volumes must come after. */
  readonly storage: readonly pulumi.Resource[];
  /** What pods of a workload come after, such as their nodes. */
  readonly ground: (workload: string) => readonly pulumi.Resource[];
  /** All other namespaces of ours in the cluster. */
  readonly among: readonly IsolatedNamespace[];
  readonly transform?: {
    readonly prometheus?: PrometheusArgs["transform"];
    readonly metricsApi?: MetricsApiArgs["transform"];
  };
}

/**
 * What replicas scale by: Prometheus collects metrics, and prometheus-adapter serves some of them to Kubernetes. While either
 * is away nothing scales, and what runs goes on.
 */
export class Monitoring extends pulumi.ComponentResource {
  constructor(name: string, args: MonitoringArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:monitoring:Monitoring", name, {}, opts);
    const child = { parent: this };
    const { among, ground, labels, plan, storage, transform } = args;

    const namespace = new IsolatedNamespace(plan.namespace, { name: plan.namespace, labels }, child);
    // Rights are given where the pods are.
    const inNamespaces = { ...child, dependsOn: [namespace, ...among] };
    const prometheus = new Prometheus(
      "prometheus",
      { plan, labels, storage, after: ground(prometheusApp), transform: transform?.prometheus },
      inNamespaces,
    );
    new MetricsApi(
      "metrics-api",
      {
        plan,
        labels,
        prometheusUrl: prometheus.url,
        among: [namespace, ...among],
        after: ground(metricsApiApp),
        transform: transform?.metricsApi,
      },
      inNamespaces,
    );

    this.registerOutputs({});
  }
}

/** Who collects metrics: others let it in. */
export function scrapersOf({ namespace }: MonitoringPlan): Peer[] {
  return [{ namespace, app: prometheusApp }];
}
