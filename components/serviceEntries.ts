import type * as pulumi from "@pulumi/pulumi";
import type { ServicesPlan } from "../planning/services.ts";
import type { ManagedPostgres } from "./data/managedPostgres.ts";
import { experimentsApp } from "./experiments.ts";
import { gatewayApp } from "./gateway.ts";
import { mlflowApp } from "./mlflow.ts";
import { Postgres } from "./postgres.ts";

/** How a service is reached from outside and how a caller shows who it is. */
export interface ServiceEntry {
  readonly name: string;
  /** Path at the gateway; undefined where it is only reached from inside. */
  readonly path?: string;
  /** Deployment or StatefulSet that serves it. */
  readonly workload: {
    readonly kind: "Deployment" | "StatefulSet";
    readonly namespace: string;
    readonly name: string;
  };
  readonly auth:
    | { readonly kind: "none" }
    | {
        readonly kind: "password" | "s3-keys";
        /** Secret that holds the credentials, and which of its keys are which. */
        readonly secret: { readonly namespace: string; readonly name: pulumi.Input<string> };
        readonly user?: string;
        readonly keys: readonly string[];
      };
}

/** The services that run in the cluster. */
export function serviceEntries(
  { experiments, mlflow, namespaces }: ServicesPlan,
  postgres: Postgres | ManagedPostgres,
  store: { readonly clientSecret?: pulumi.Output<string> },
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
  return entries;
}
