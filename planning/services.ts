import { type ImageName, imageRef } from "../catalog/images.ts";
import { clusterName, postgresDeployment, postgresStorageGi } from "../spec/defaults.ts";
import type { AwsPlatformSpec, PlatformSpec } from "../spec/platform.ts";
import { planSignIn, type SignInPlan } from "./data/access.ts";
import { bucketNameOf, encryptedBucket } from "./data/buckets.ts";
import { type DatabasePlan, planDatabase } from "./data/database.ts";
import type { ImageChoice } from "./data/images.ts";
import { type EntrancePlan, planEntrance } from "./edge/entrance.ts";
import { bucketWritePolicy } from "./foundation/iam/buckets.ts";
import type { PodRolePlan } from "./foundation/iam/roles.ts";
import { resourceName } from "./foundation/naming.ts";
import { type MonitoringPods, monitoringNamespace, monitoringPods } from "./monitoring/pods.ts";
import { labelsFor, tagsFor } from "./ownership.ts";
import { type ModelLimits, modelLimits } from "./serving/middlewares.ts";
import { servingNamespace, stagingNamespace } from "./serving/namespaces.ts";
import { planVectors } from "./sizing/vectors.ts";

/** CPU in cores and memory in MiB: what the scheduler reserves, and where the kernel draws the line. */
export interface Resources {
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly limits: { readonly memory: string; readonly cpu?: string };
}

/** Where run artifacts live: in AWS's S3, or in the store that the platform runs itself. */
export type ArtifactStorePlan =
  | {
      readonly kind: "aws";
      readonly bucket: string;
      readonly region: string;
      /** MLflow's service account reads and writes it. */
      readonly role: PodRolePlan;
    }
  | {
      readonly kind: "in-cluster";
      readonly bucket: string;
      readonly storageGi: number;
      readonly resources: Resources;
    };

export interface WebServicePlan {
  readonly image: string;
  readonly replicas: number;
  readonly resources: Resources;
  /** Path under which the gateway serves it. */
  readonly path: string;
}

/** All decisions about the services of a platform, as plain values: the components only turn them into resources. */
export interface ServicesPlan {
  readonly environment: PlatformSpec["environment"];
  /** Kubernetes labels of everything. */
  readonly labels: Readonly<Record<string, string>>;
  /** AWS tags of everything that can be tagged. */
  readonly tags: Readonly<Record<string, string>>;
  readonly namespaces: Readonly<
    Record<"gateway" | "data" | "tracking" | "models" | "weights" | "monitoring", string>
  >;
  /** Whether state may be deleted by `pulumi destroy` without `--remove-protect`-style intent. */
  readonly protectState: boolean;
  readonly gateway: EntrancePlan & {
    readonly image: string;
    readonly replicas: number;
    readonly resources: Resources;
    readonly host: string | undefined;
    /** What one key may ask of models. */
    readonly models: ModelLimits;
  };
  readonly postgres: PostgresPlan;
  readonly databases: {
    /** Image with `psql`. */
    readonly image: string;
    /** Image with Python and boto3, which fetches the administrator's password where RDS keeps it. */
    readonly clientImage: string;
    /** Databases, each with a user of the same name that owns it. */
    readonly programs: readonly ProgramDatabase[];
  };
  readonly artifacts: ArtifactStorePlan;
  readonly seaweedfsImage: string;
  readonly mlflow: WebServicePlan & { readonly workers: number };
  /** What collects metrics. */
  readonly monitoringPods: MonitoringPods;
  readonly experiments: Omit<WebServicePlan, "image"> & {
    readonly image: ImageChoice;
    /** Whether bodies of requests are held to the gateway's limit: not where there is none. */
    readonly limitBody: boolean;
  };
}

/** Who runs PostgreSQL: RDS, or the platform itself in a pod. */
export type PostgresPlan =
  | {
      readonly kind: "rds";
      readonly database: DatabasePlan;
      /** The role of the Job that makes databases. What it may do names the secret, which has no name before RDS made it. */
      readonly role: PodRolePlan;
      readonly signIn: SignInPlan;
    }
  | {
      readonly kind: "in-cluster";
      readonly image: string;
      readonly storageGi: number;
      readonly resources: Resources;
    };

/** A database for one program. */
export interface ProgramDatabase {
  readonly name: string;
  /** Extensions that only an administrator may create. */
  readonly extensions: readonly string[];
}

const namespaces = {
  gateway: "ai-gateway",
  data: "ai-data",
  tracking: "ai-tracking",
  models: servingNamespace,
  weights: stagingNamespace,
  monitoring: monitoringNamespace,
};

/**
 * Turns a description into decisions.
 *
 * Memory figures are measured: MLflow 3.17 takes 540 MB with one worker and job execution off, and about 220 MB for
 * each further one; the experiments service 90 MB; Traefik 60 MB idle. CPU has no limit (a limit throttles without
 * need on an idle node), memory always has one (an unlimited pod takes its neighbours down).
 */
export function planServices(spec: PlatformSpec): ServicesPlan {
  const local = spec.environment === "local";
  const replicas = (asked: number | undefined) => asked ?? (local ? 1 : 2);
  const image = (name: ImageName) => imageRef(name);
  const workers = local ? 1 : 2;
  return {
    environment: spec.environment,
    labels: labelsFor(spec),
    tags: tagsFor(spec),
    namespaces,
    protectState: spec.environment === "prod",
    gateway: {
      image: image("traefik"),
      replicas: replicas(spec.gateway.replicas),
      resources: sized(local ? 0.05 : 0.25, 128, 512),
      host: spec.gateway.host,
      models: modelLimits(spec),
      ...planEntrance(spec),
    },
    postgres: postgres(spec),
    databases: {
      image: image("postgres"),
      clientImage: image("mlflow"),
      programs: [
        { name: "mlflow", extensions: [] },
        { name: "vectors", extensions: ["vector"] },
      ],
    },
    artifacts: artifactStore(spec),
    seaweedfsImage: image("seaweedfs"),
    mlflow: {
      image: image("mlflow"),
      replicas: replicas(spec.tracking.replicas),
      resources: sized(local ? 0.1 : 0.5, 640 + 220 * (workers - 1), 2048),
      path: "/mlflow",
      workers,
    },
    monitoringPods: monitoringPods(spec.environment),
    experiments: {
      image: local
        ? { kind: "pulled", ref: image("experiments") }
        : { kind: "built", program: "experiments" },
      replicas: replicas(undefined),
      resources: sized(local ? 0.05 : 0.25, 128, 512),
      path: "/experiments",
      limitBody: spec.gateway.limits.bodyMiB !== undefined,
    },
  };
}

/** Every role that a service has in AWS. */
export function serviceRolesOf({
  artifacts,
  postgres,
}: Pick<ServicesPlan, "artifacts" | "postgres">): PodRolePlan[] {
  return [
    ...(artifacts.kind === "aws" ? [artifacts.role] : []),
    ...(postgres.kind === "rds" ? [postgres.role] : []),
  ];
}

/** Where the images come from that may be built here. */
export function imageChoicesOf({ experiments }: Pick<ServicesPlan, "experiments">): ImageChoice[] {
  return [experiments.image];
}

/** The databases that RDS runs: none or one. */
export function managedDatabases({ postgres }: Pick<ServicesPlan, "postgres">): DatabasePlan[] {
  return postgres.kind === "rds" ? [postgres.database] : [];
}

function postgres(spec: PlatformSpec): PostgresPlan {
  const { environment } = spec;
  const vectors = planVectors(spec, []);
  const inPostgres = vectors.store === "pgvector" ? vectors : undefined;
  const vectorsMiB = inPostgres?.memoryMiB ?? 0;
  const vectorsGiB = inPostgres?.disk.gib ?? 0;
  if (environment !== "local" && postgresDeployment(spec.postgres, environment) === "rds") {
    return {
      kind: "rds",
      database: planDatabase(spec, { vectorsGiB, vectorsMiB }),
      role: databasesRole(spec),
      signIn: planSignIn(spec),
    };
  }
  const local = environment === "local";
  return {
    kind: "in-cluster",
    image: imageRef("postgres"),
    storageGi: postgresStorageGi(spec.postgres, environment) + vectorsGiB,
    resources: sized(local ? 0.1 : 1, (local ? 256 : 2048) + vectorsMiB, (local ? 1024 : 4096) + vectorsMiB),
  };
}

function databasesRole(spec: AwsPlatformSpec): PodRolePlan {
  return {
    kind: "pod",
    name: resourceName(spec, "iam-role", "databases"),
    description: "Makes databases: the password of RDS's master user",
    clusterName: clusterName(spec),
    namespace: namespaces.data,
    serviceAccount: "databases",
    policies: {},
  };
}

function artifactStore(spec: PlatformSpec): ArtifactStorePlan {
  const { environment, tracking } = spec;
  if (environment !== "local") {
    const bucket = bucketNameOf(spec, "mlflow");
    return { kind: "aws", bucket, region: spec.cloud.region, role: mlflowRole(spec) };
  }
  return {
    kind: "in-cluster",
    bucket: tracking.bucket ?? "mlflow",
    storageGi: spec.objectStore.storageGi,
    resources: sized(0.1, 256, 1024),
  };
}

function mlflowRole(spec: AwsPlatformSpec): PodRolePlan {
  return {
    kind: "pod",
    name: resourceName(spec, "iam-role", "mlflow"),
    description: "MLflow: run artifacts and models in S3",
    clusterName: clusterName(spec),
    namespace: namespaces.tracking,
    serviceAccount: "mlflow",
    policies: {
      artifacts: bucketWritePolicy(encryptedBucket(spec, "mlflow")),
    },
  };
}

function sized(cpu: number, memoryMi: number, memoryLimitMi: number): Resources {
  return {
    requests: { cpu: `${Math.round(cpu * 1000)}m`, memory: `${memoryMi}Mi` },
    limits: { memory: `${memoryLimitMi}Mi` },
  };
}
