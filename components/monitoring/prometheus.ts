import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import type { MonitoringPlan } from "../../planning/monitoring/monitoring.ts";
import { metricsApiApp, prometheusApp } from "../../planning/monitoring/pods.ts";
import { prometheusPort } from "../../planning/monitoring/scrapeConfig.ts";
import { generated, named, type Placement, selectorOf } from "../kubernetes/metadata.ts";
import { type Destination, trafficPolicy } from "../kubernetes/network.ts";
import { files, type Program, podTemplate } from "../kubernetes/pod.ts";
import { type Transform, transformed } from "../transform.ts";
import { scrapingRights } from "./rights.ts";

export interface PrometheusArgs extends Pick<Placement, "labels">, Required<Pick<Program, "after">> {
  readonly plan: MonitoringPlan;
  /** What volumes must come after. */
  readonly storage: readonly pulumi.Resource[];
  readonly transform?:
    | {
        readonly statefulSet?: Transform<k8s.apps.v1.StatefulSetArgs>;
        readonly volume?: Transform<k8s.core.v1.PersistentVolumeClaimArgs>;
      }
    | undefined;
}

const app = prometheusApp;
const folders = { settings: "/etc/prometheus", data: "/prometheus" } as const;
/** `nobody`, as in the image. */
const user = 65534;
const volume = "data";

/**
 * Prometheus: asks everything in the plan for its metrics and keeps them on a volume. Several replicas each ask everything
 * and know nothing of each other. Nobody is let in but what serves metrics to Kubernetes: `kubectl port-forward` shows its page.
 *
 * A change of what is asked rolls the pods, one after the other. A larger volume grows in place; destroying the stack deletes
 * it, as what it has is nobody's data.
 */
export class Prometheus extends pulumi.ComponentResource {
  /** URL from inside the cluster. */
  readonly url: string;

  constructor(name: string, args: PrometheusArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:monitoring:Prometheus", name, {}, opts);
    const child = { parent: this };
    const { plan, transform } = args;
    const { image, replicas, resources, storageGi } = plan.prometheus;
    const place = { namespace: plan.namespace, labels: args.labels };
    const metadata = named(app, app, place);

    const account = new k8s.core.v1.ServiceAccount(name, { metadata }, child);
    const rights = scrapingRights(name, plan, place, account.metadata.name, child);
    const policy = trafficPolicy(
      name,
      {
        ...place,
        app,
        port: prometheusPort,
        from: [{ namespace: plan.namespace, app: metricsApiApp }],
        to: destinations(plan),
      },
      child,
    );
    const settings = new k8s.core.v1.ConfigMap(
      `${name}-settings`,
      {
        metadata: generated(app, place),
        immutable: true,
        data: { "prometheus.yml": stringify(plan.prometheus.config, { aliasDuplicateObjects: false }) },
      },
      child,
    );
    const claim = {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: `${storageGi}Gi` } },
    };
    const volumes = Array.from(
      { length: replicas },
      (_, ordinal) =>
        new k8s.core.v1.PersistentVolumeClaim(
          `${name}-${ordinal}`,
          transformed(transform?.volume, {
            metadata: named(`${volume}-${app}-${ordinal}`, app, place),
            spec: claim,
          }),
          { ...child, dependsOn: [...args.storage] },
        ),
    );
    const set = new k8s.apps.v1.StatefulSet(
      name,
      transformed(transform?.statefulSet, {
        metadata,
        spec: {
          replicas,
          serviceName: app,
          podManagementPolicy: "Parallel",
          selector: { matchLabels: selectorOf(app) },
          template: podTemplate(
            {
              ...place,
              app,
              image,
              args: flags(plan),
              resources,
              user,
              graceSeconds: 60,
              priorityClass: plan.priorityClass,
              scheduling: { topologySpreadConstraints: replicas > 1 ? [apart] : [] },
              mounts: [
                files("settings", folders.settings, { configMap: { name: settings.metadata.name } }),
                { volume: undefined, mount: { name: volume, mountPath: folders.data } },
              ],
            },
            {
              serviceAccountName: account.metadata.name,
              token: true,
              port: { name: "http", containerPort: prometheusPort },
              probes,
            },
          ),
          // They are there already. Without labels: a set's templates can't change, and owners do.
          volumeClaimTemplates: [{ metadata: { name: volume }, spec: claim }],
        },
      }),
      { ...child, dependsOn: [policy, ...rights, ...volumes, ...args.after] },
    );
    new k8s.core.v1.Service(
      name,
      {
        metadata,
        spec: {
          selector: selectorOf(app),
          ports: [{ name: "http", port: prometheusPort, targetPort: prometheusPort }],
        },
      },
      { ...child, dependsOn: set },
    );
    new k8s.policy.v1.PodDisruptionBudget(
      name,
      { metadata, spec: { maxUnavailable: 1, selector: { matchLabels: selectorOf(app) } } },
      child,
    );

    this.url = `http://${app}.${plan.namespace}.svc.cluster.local:${prometheusPort}`;
    this.registerOutputs({ url: this.url });
  }
}

/** One of them must be left when a zone is lost. */
const apart = {
  topologyKey: "topology.kubernetes.io/zone",
  maxSkew: 1,
  whenUnsatisfiable: "DoNotSchedule",
  labelSelector: { matchLabels: selectorOf(app) },
};

function flags({ prometheus: { retentionDays, retentionMB } }: MonitoringPlan): string[] {
  return [
    `--config.file=${folders.settings}/prometheus.yml`,
    `--storage.tsdb.path=${folders.data}`,
    `--storage.tsdb.retention.time=${retentionDays}d`,
    `--storage.tsdb.retention.size=${retentionMB}MB`,
    "--log.format=json",
  ];
}

function destinations({ addresses, scraped }: MonitoringPlan): Destination[] {
  return [
    "kubernetes-api",
    ...scraped.flatMap(({ apps, namespace, port }) =>
      apps.map((each) => ({ peer: { namespace, app: each }, port })),
    ),
    ...addresses.map(({ port, range }) => ({ ranges: [range], port })),
  ];
}

const get = (path: string) => ({ httpGet: { path, port: prometheusPort }, timeoutSeconds: 5 });

/** After a crash it reads its log anew before it answers: a quarter of an hour is upstream's own limit. */
const probes = {
  startupProbe: { ...get("/-/ready"), periodSeconds: 5, failureThreshold: 180 },
  readinessProbe: { ...get("/-/ready"), periodSeconds: 5, failureThreshold: 3 },
  livenessProbe: { ...get("/-/healthy"), periodSeconds: 15, failureThreshold: 4 },
};
