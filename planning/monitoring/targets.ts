import { gatewayPods } from "../edge/entrance.ts";
import { autoscalerApp, autoscalerNamespace, autoscalerPort } from "../foundation/autoscaler.ts";
import { gpuMetrics, gpuNamespace } from "../foundation/gpuNodes.ts";
import { type AdapterPlan, adapterApp } from "../serving/adapter.ts";
import { type Server, type ServingPlan, servers } from "../serving/servingPlan.ts";

/** Pods of one kind that tell metrics on one port. */
export interface ScrapedPods {
  /** Label `job` of all their series. */
  readonly job: string;
  readonly namespace: string;
  /** Names of their workloads. */
  readonly apps: readonly string[];
  readonly port: number;
  /** Only rank 0 of several pods that are one program tells any. */
  readonly firstOnly?: boolean;
  /** Whether labels that they give themselves stand: those of the pod that has the GPU, not of the exporter. */
  readonly ownLabels?: boolean;
}

export interface Scraped {
  readonly plans: readonly ServingPlan[];
  readonly adapter: AdapterPlan | undefined;
  /** Namespace of the gateway. */
  readonly gateway: string;
  /** The cluster that they run in; undefined for one that isn't ours. */
  readonly cluster: ScrapedCluster | undefined;
}

/** A cluster with add-ons of ours. */
export interface ScrapedCluster {
  /** Addresses of its nodes and of all pods. */
  readonly range: string;
  /** Whether any node may have a GPU. */
  readonly gpus: boolean;
}

/** Everything in a pod of ours that tells metrics, in a stable order. */
export function scrapedPods({ adapter, cluster, gateway, plans }: Scraped): ScrapedPods[] {
  return [
    ...servers.flatMap((server) => modelServers(server, plans)),
    ...(adapter
      ? [
          {
            job: "adapter",
            namespace: adapter.namespace,
            apps: [adapterApp],
            port: adapter.config.listen.adminPort,
          },
        ]
      : []),
    { job: "traefik", namespace: gateway, apps: [gatewayPods.app], port: gatewayPods.adminPort },
    ...(cluster
      ? [
          {
            job: "cluster-autoscaler",
            namespace: autoscalerNamespace,
            apps: [autoscalerApp],
            port: autoscalerPort,
          },
        ]
      : []),
    ...(cluster?.gpus
      ? [
          {
            job: "gpus",
            namespace: gpuNamespace,
            apps: [gpuMetrics.app],
            port: gpuMetrics.port,
            ownLabels: true,
          },
        ]
      : []),
  ];
}

/** One job for each kind of server, port, and way to be several pods; none for servers without metrics. */
function modelServers(server: Server, plans: readonly ServingPlan[]): ScrapedPods[] {
  const kinds = new Map<string, ScrapedPods>();
  for (const plan of plans.filter((each) => each.server === server)) {
    const { name, namespace, podsPerReplica, ports } = plan;
    if (ports.metrics === undefined) continue;
    const firstOnly = podsPerReplica > 1;
    const job = firstOnly ? `${server}-groups` : server;
    const kind = kinds.get(job) ?? { job, namespace, apps: [], port: ports.metrics, firstOnly };
    kinds.set(job, { ...kind, apps: [...kind.apps, name] });
  }
  return [...kinds.values()];
}
