import { addonControllers } from "../catalog/addons/controllers.ts";
import { reservedFor } from "../catalog/addons/pods.ts";
import type { PurchaseOption } from "../spec/capacity.ts";
import type { AwsPlatformSpec } from "../spec/platform.ts";
import { metricsApiApp, prometheusApp } from "./monitoring/pods.ts";
import type { Role, Workload } from "./placement/problem.ts";
import type { Resources, ServicesPlan } from "./services.ts";
import { adapterPods } from "./serving/adapterPods.ts";

/** What one pod asks for, and how many there are. */
interface Pods {
  readonly name: string;
  readonly role: Role;
  readonly replicas: number;
  readonly scaling?: Workload["scaling"];
  readonly milliCpus: number;
  readonly memoryMiB: number;
  readonly diskGiB?: number;
  readonly keepsData?: boolean;
}

/** What every cluster of ours runs on its system nodes: the add-ons' Deployments, and the cluster autoscaler. */
const clusterAddOns: readonly Pods[] = [
  ...addonControllers.map(
    (pods): Pods => ({
      name: pods.name,
      role: "system",
      replicas: pods.replicas,
      ...reservedFor(pods),
    }),
  ),
  // The autoscaler's AWS example requests as much.
  { name: "cluster-autoscaler", role: "system", replicas: 1, milliCpus: 100, memoryMiB: 600 },
];

/** Airflow 2.9 with four web workers, measured: web server 1.3 GB, scheduler 0.6 GB and what its task runners add. */
const airflow: readonly Pods[] = [
  { name: "airflow-webserver", role: "cpu", replicas: 1, milliCpus: 500, memoryMiB: 1536 },
  { name: "airflow-scheduler", role: "cpu", replicas: 1, milliCpus: 500, memoryMiB: 1024 },
  { name: "airflow-triggerer", role: "cpu", replicas: 1, milliCpus: 250, memoryMiB: 512 },
];

/** Prefect 2.20, measured: its server takes 490 MB. */
const prefect: readonly Pods[] = [
  { name: "prefect-server", role: "cpu", replicas: 1, milliCpus: 500, memoryMiB: 512 },
  { name: "prefect-worker", role: "cpu", replicas: 1, milliCpus: 250, memoryMiB: 256 },
];

/**
 * Memory of one spaCy pod by pipeline, measured for the transformer (1.41 GB at its peak with a document of 400 tokens); for
 * the others the packages' own vectors, up to 400 MB, on top of a 300 MB process.
 */
const spacyPods = {
  en_core_web_sm: { milliCpus: 500, memoryMiB: 512 },
  en_core_web_md: { milliCpus: 500, memoryMiB: 512 },
  en_core_web_lg: { milliCpus: 500, memoryMiB: 1024 },
  en_core_web_trf: { milliCpus: 2000, memoryMiB: 2048 },
} as const;

/**
 * Pods of the platform's own services as placement sees them. Replicas never share a node, and in prod they are spread
 * over the zones, so that losing either leaves a service running.
 */
export function serviceWorkloads(spec: AwsPlatformSpec, services: ServicesPlan): Workload[] {
  const prod = spec.environment === "prod";
  const purchase = purchaseOrder(spec);
  const steady = steadyPurchase(spec);
  return podsOf(spec, services).map((pods) =>
    workloadOf(pods, pods.role === "system" || pods.keepsData ? steady : purchase, prod),
  );
}

/** Ways to buy nodes, best first, without those that need a reservation that nobody has. */
export function purchaseOrder({ capacity, environment }: AwsPlatformSpec): PurchaseOption[] {
  const order =
    capacity.purchase ??
    (environment === "dev" ? ["spot", "on-demand"] : ["reservation", "capacity-block", "on-demand"]);
  return order.filter(
    (way): way is PurchaseOption =>
      (way !== "reservation" || capacity.reservations.length > 0) &&
      (way !== "capacity-block" || capacity.capacityBlocks.length > 0),
  );
}

/**
 * The same for pods that keep data or that others can't do without. Outside dev they don't stand on spot nodes, which
 * are taken away at two minutes' notice, several at a time when a pool runs dry.
 */
export function steadyPurchase(spec: AwsPlatformSpec): PurchaseOption[] {
  const order = purchaseOrder(spec);
  const steady = order.filter((way) => way !== "spot");
  return spec.environment === "dev" || steady.length === 0 ? order : steady;
}

function podsOf(spec: AwsPlatformSpec, services: ServicesPlan): Pods[] {
  const spacy = spacyPods[spec.nlp.spacyModel ?? "en_core_web_trf"];
  return [
    ...clusterAddOns,
    { name: "traefik", role: "system", ...requested(services.gateway) },
    ...(services.postgres.kind === "in-cluster"
      ? [
          {
            name: "postgres",
            role: "cpu" as const,
            keepsData: true,
            ...requested({ ...services.postgres, replicas: 1 }),
          },
        ]
      : []),
    { name: prometheusApp, role: "system", ...requested(services.monitoringPods.prometheus) },
    { name: metricsApiApp, role: "system", ...requested(services.monitoringPods.metricsApi) },
    { name: "mlflow", role: "cpu", ...requested(services.mlflow) },
    { name: "experiments", role: "cpu", ...requested(services.experiments) },
    ...(Object.keys(spec.models).length > 0 ? [adapterWorkload(spec)] : []),
    { name: "nlp", role: "cpu", replicas: spec.nlp.replicas ?? 2, ...spacy },
    ...((spec.pipelines.airflow ?? true) ? airflow : []),
    ...(spec.pipelines.prefect ? prefect : []),
  ];
}

function adapterWorkload({ environment }: AwsPlatformSpec): Pods {
  const { scaling, ...pods } = adapterPods(environment);
  return { name: "adapter", role: "cpu", scaling, ...requested(pods) };
}

function requested({ replicas, resources }: { readonly replicas: number; readonly resources: Resources }) {
  return {
    replicas,
    milliCpus: Number.parseInt(resources.requests.cpu, 10),
    memoryMiB: Number.parseInt(resources.requests.memory, 10),
  };
}

function workloadOf(
  { diskGiB = 1, memoryMiB, milliCpus, name, replicas, role, scaling }: Pods,
  purchase: readonly PurchaseOption[],
  prod: boolean,
): Workload {
  return {
    name,
    role,
    replicas,
    scaling,
    spread: replicas === 1 ? "none" : prod ? "zone" : "node",
    purchase,
    options: [
      {
        id: "pod",
        demand: { gpu: undefined, gpus: 0, milliCpus, memoryMiB, diskGiB },
        needs: [],
        penalty: 0,
      },
    ],
  };
}
