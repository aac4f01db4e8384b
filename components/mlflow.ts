import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ServicesPlan } from "../planning/services.ts";
import type { ArtifactStore } from "./artifactStore.ts";
import type { DatabaseClient } from "./databases.ts";
import { generated, type Placement } from "./kubernetes/metadata.ts";
import type { Peer } from "./kubernetes/network.ts";
import { type Program, scratch } from "./kubernetes/pod.ts";
import { Task } from "./kubernetes/task.ts";
import { WebService, type WebServiceArgs } from "./kubernetes/webService.ts";
import { tlsSettings } from "./postgresTls.ts";

export interface MlflowArgs extends Placement, Pick<Program, "after"> {
  readonly plan: ServicesPlan["mlflow"];
  readonly database: DatabaseClient;
  readonly artifacts: ArtifactStore;
  /** Host name that users type; undefined where any is answered. */
  readonly host: string | undefined;
  /** Workloads that call it beside each other. */
  readonly clients: readonly Peer[];
  readonly transform?: WebServiceArgs["transform"];
}

/** Name of the Deployment, the Service and the service account. */
export const mlflowApp = "mlflow";
/** Label of the migration Job's pods: the database must let them in. */
export const migrationApp = "mlflow-migration";
/** Port of the pods and of the Service. */
export const mlflowPort = 5000;
/** The image has no user of its own; its files are readable for all. */
const user = 10001;

/**
 * MLflow's tracking server: runs and models in PostgreSQL, artifacts in S3 through the server, so that clients need
 * no rights in S3. Served under a path, for the UI and the API alike.
 *
 * Changing the image migrates the database first, which can't be undone, then replaces the pods one by one. The
 * server's own job execution is off: it needs a shared queue and 700 MB more.
 */
export class Mlflow extends pulumi.ComponentResource {
  /** Tracking URI from inside the cluster. */
  readonly trackingUri: pulumi.Output<string>;

  constructor(name: string, args: MlflowArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:index:Mlflow", name, {}, opts);
    const child = { parent: this };
    const { artifacts, labels, namespace, plan } = args;

    const database = new k8s.core.v1.Secret(
      `${name}-database`,
      { metadata: generated(mlflowApp, args), immutable: true, stringData: { url: args.database.url } },
      child,
    );
    const databaseEnv = { MLFLOW_BACKEND_STORE_URI: { secret: database.metadata.name, key: "url" } };
    const tls = tlsSettings(`${name}-database`, mlflowApp, args.database.tls, args, child);
    const migration = new Task(
      `${name}-migration`,
      {
        namespace,
        labels,
        app: migrationApp,
        image: plan.image,
        user,
        command: ["sh", "-c", 'exec mlflow db upgrade "$MLFLOW_BACKEND_STORE_URI"'],
        env: { ...writableHome, ...tls.env },
        secretEnv: databaseEnv,
        resources: plan.resources,
        mounts: tls.mounts,
        key: plan.image,
        to: [args.database.destination],
        after: args.after ?? [],
      },
      child,
    );
    const service = new WebService(
      name,
      {
        namespace,
        labels,
        app: mlflowApp,
        image: plan.image,
        user,
        command: ["mlflow", "server", ...serverFlags(args)],
        env: {
          MLFLOW_ARTIFACTS_DESTINATION: pulumi.interpolate`s3://${artifacts.bucket}/mlflow`,
          MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false",
          ...artifacts.env,
          ...writableHome,
          ...tls.env,
        },
        secretEnv: { ...databaseEnv, ...artifacts.secretEnv },
        port: mlflowPort,
        health: { ready: `${plan.path}/health`, startSeconds: 240 },
        replicas: plan.replicas,
        resources: plan.resources,
        route: {
          path: plan.path,
          host: args.host,
          hidden: artifacts.reachableFromOutside ? [] : [serverInfo(plan)],
        },
        from: args.clients,
        to: [args.database.destination, artifacts.destination],
        mounts: [scratch("metrics", "/var/run/mlflow", "64Mi"), ...tls.mounts],
        after: [migration, ...(args.after ?? [])],
        transform: args.transform,
      },
      child,
    );

    this.trackingUri = pulumi.interpolate`${service.url}${plan.path}`;
    this.registerOutputs({ trackingUri: this.trackingUri });
  }
}

/**
 * Clients that learn here that files are in S3 download them from presigned URLs, past the server, and hang where those
 * lead nowhere. Clients that get a 404, as older servers answer, ask the server for the files. The UI asks elsewhere.
 */
const serverInfo = ({ path }: ServicesPlan["mlflow"]) => `${path}/api/3.0/mlflow/server-info`;

/** Libraries below MLflow write caches to the home folder; the root is read-only. */
const writableHome = { HOME: "/tmp", PYTHONUNBUFFERED: "1", GIT_PYTHON_REFRESH: "quiet" };

function serverFlags({ host, namespace, plan }: MlflowArgs): string[] {
  const names = host === undefined ? ["localhost:*", "127.0.0.1:*"] : [host];
  const origins = host === undefined ? ["http://localhost:*", "http://127.0.0.1:*"] : [`https://${host}`];
  // The list replaces MLflow's own, which knows no names of Services. It is matched with the port.
  const allowed = [...names, mlflowApp, `${mlflowApp}:*`, `${mlflowApp}.${namespace}*`, ...podNetworks];
  return [
    "--host=0.0.0.0",
    `--port=${mlflowPort}`,
    `--workers=${plan.workers}`,
    `--static-prefix=${plan.path}`,
    "--serve-artifacts",
    `--allowed-hosts=${allowed.join(",")}`,
    `--cors-allowed-origins=${origins.join(",")}`,
    "--expose-prometheus=/var/run/mlflow",
  ];
}

/** Metrics are scraped by the pod's address: the private ranges, and the shared one that EKS's custom networking uses. */
const podNetworks = ["10.*", "172.*", "192.168.*", "100.64.*"];
