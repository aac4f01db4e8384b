import type * as pulumi from "@pulumi/pulumi";
import { metricsApiApp, prometheusApp } from "../planning/monitoring/pods.ts";
import type { PlatformPlan } from "../planning/plan.ts";
import { adapterApp } from "../planning/serving/adapter.ts";
import type { ServingPlan } from "../planning/serving/servingPlan.ts";
import type { ManagedPostgres } from "./data/managedPostgres.ts";
import { experimentsApp } from "./experiments.ts";
import { gatewayApp } from "./gateway.ts";
import { mlflowApp } from "./mlflow.ts";
import { Postgres } from "./postgres.ts";
import type { TeamKeys } from "./serving/adapter.ts";

/** How a service is reached from outside and how a caller shows who it is. */
export interface ServiceEntry {
  readonly name: string;
  /** Path at the gateway; undefined where it is only reached from inside. */
  readonly path?: string;
  /** Path at the gateway that answers anybody who asks whether it is there. Default: the same. */
  readonly probe?: string;
  /** Deployment or StatefulSet that serves it. */
  readonly workload: {
    readonly kind: "Deployment" | "StatefulSet";
    readonly namespace: string;
    readonly name: string;
  };
  readonly auth:
    | { readonly kind: "none" }
    | {
        readonly kind: "password" | "s3-keys" | "bearer";
        /** Secret that holds the credentials, and which of its keys are which. */
        readonly secret: { readonly namespace: string; readonly name: pulumi.Input<string> };
        readonly user?: string;
        readonly keys: readonly string[];
      };
}

/** The services that run in the cluster. */
export function serviceEntries(
  {
    experiments,
    mlflow,
    monitoring,
    namespaces,
    serving,
  }: Pick<PlatformPlan, "experiments" | "mlflow" | "monitoring" | "namespaces" | "serving">,
  postgres: Postgres | ManagedPostgres,
  store: { readonly clientSecret?: pulumi.Output<string> },
  keys: readonly TeamKeys[],
): ServiceEntry[] {
  const { data, gateway, tracking } = namespaces;
  const entries: ServiceEntry[] = [
    {
      name: "traefik",
      path: "/",
      workload: { kind: "Deployment", namespace: gateway, name: gatewayApp },
      auth: { kind: "none" },
    },
    {
      name: "mlflow",
      path: mlflow.path,
      workload: { kind: "Deployment", namespace: tracking, name: mlflowApp },
      auth: { kind: "none" },
    },
    {
      name: "experiments",
      path: experiments.path,
      workload: { kind: "Deployment", namespace: tracking, name: experimentsApp },
      auth: { kind: "none" },
    },
  ];
  entries.push(...serving.plans.map(modelEntry));
  const { adapter } = serving;
  const [team] = keys;
  if (adapter && team) {
    entries.push({
      name: "adapter",
      path: `${adapter.path}/v1`,
      probe: `${adapter.path}/v1/models`,
      workload: { kind: "Deployment", namespace: adapter.namespace, name: adapterApp },
      auth: { kind: "bearer", secret: team.secret, user: team.team, keys: team.keys },
    });
  }
  if (postgres instanceof Postgres) {
    entries.push({
      name: "postgres",
      workload: { kind: "StatefulSet", namespace: data, name: "postgres" },
      auth: {
        kind: "password",
        secret: { namespace: data, name: postgres.superuserSecret },
        user: "postgres",
        keys: ["password"],
      },
    });
  }
  if (store.clientSecret) {
    entries.push({
      name: "seaweedfs",
      workload: { kind: "StatefulSet", namespace: data, name: "seaweedfs" },
      auth: {
        kind: "s3-keys",
        secret: { namespace: tracking, name: store.clientSecret },
        keys: ["access-key", "secret-key"],
      },
    });
  }
  for (const [kind, name] of [
    ["StatefulSet", prometheusApp],
    ["Deployment", metricsApiApp],
  ] as const) {
    const workload = { kind, namespace: monitoring.namespace, name };
    entries.push({ name, workload, auth: { kind: "none" } });
  }
  return entries;
}

/** A model's server: others ask the adapter. */
function modelEntry({ model, name, namespace, podsPerReplica, store }: ServingPlan): ServiceEntry {
  const grouped = podsPerReplica > 1;
  return {
    name: model,
    workload: {
      kind: grouped || store !== undefined ? "StatefulSet" : "Deployment",
      namespace,
      name: grouped ? `${name}-0` : name,
    },
    auth: { kind: "none" },
  };
}
