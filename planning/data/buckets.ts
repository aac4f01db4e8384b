import { replicaRegionOf } from "../../catalog/replicaRegions.ts";
import type { AwsPlatformSpec } from "../../spec/platform.ts";
import type { EncryptedBucket } from "../foundation/iam/buckets.ts";
import { logRetentionDays } from "../foundation/logs.ts";
import { resourceName } from "../foundation/naming.ts";
import { fitName } from "../names.ts";
import { dataKey } from "./keys.ts";

/** What buckets are for, each with a life of its own. */
export const bucketPurposes = [
  "dvc",
  "mlflow",
  "models",
  "airflow-logs",
  "beam-staging",
  "access-logs",
] as const;
export type BucketPurpose = (typeof bucketPurposes)[number];

/** An S3 bucket. It costs nothing while it is empty, then by GB and month, old versions included. */
export interface BucketPlan {
  readonly purpose: BucketPurpose;
  /** Unique in all of AWS. Changing it replaces the bucket: copy the objects first. */
  readonly name: string;
  /**
   * Whether a replaced or deleted object can be brought back: wherever it can't be made again. Once on, S3 can only
   * pause it.
   */
  readonly versioned: boolean;
  readonly lifecycle: BucketLifecycle;
  /**
   * `key`: with the environment's own key. `s3`: with S3's, the only way in which S3 delivers its own access logs
   * (S3 user guide, "Enabling Amazon S3 server access logging").
   */
  readonly encryption: "key" | "s3";
  /** Who may write to it beside principals of the account. */
  readonly receives: readonly LogSource[];
  /** Refuses to delete it. */
  readonly protectState: boolean;
  /**
   * Whether deleting it deletes what is in it: outside of production, where that comes in by itself and can be had again:
   * logs, what Beam stages, weights from the hub and checkpoints of trainings. Else no such environment could be destroyed
   * without somebody emptying it by hand.
   */
  readonly emptied: boolean;
  /** Copy in another region, of what is written from then on; undefined for none. */
  readonly replica: { readonly name: string; readonly region: string } | undefined;
}

/** Services that deliver logs to a bucket. */
export type LogSource = "s3-access-logs" | "load-balancer-logs";

/** What S3 does to objects by itself, in days. */
export interface BucketLifecycle {
  /** Until the parts of an upload that was never completed go: they cost, and no listing shows them. */
  readonly abortUploadsAfter: number;
  /** Until an object goes. Undefined: never. */
  readonly expireAfter: number | undefined;
  /** Until a version that was replaced or deleted goes. Undefined for a bucket without versions. */
  readonly expireOldVersionsAfter: number | undefined;
  /**
   * Until an object moves to Intelligent-Tiering, which makes what nobody reads cheaper, at $0.0025 for 1,000 objects
   * and month and nothing for reading. Undefined: never, where objects don't live long enough for it.
   */
  readonly tierAfter: number | undefined;
}

/** The buckets of an environment, in the order of `bucketPurposes`; Airflow's only where there is Airflow. */
export function planBuckets(spec: AwsPlatformSpec): BucketPlan[] {
  const airflow = spec.pipelines.airflow ?? true;
  return bucketPurposes
    .filter((purpose) => purpose !== "airflow-logs" || airflow)
    .map((purpose) => planBucket(spec, purpose));
}

/**
 * `<prefix>-<purpose>`, such as `ai-platform-prod-dvc`, with the prefix that the spec gives or else `<project>-<environment>`;
 * MLflow's as the spec names it.
 */
export function bucketNameOf(
  spec: Pick<AwsPlatformSpec, "environment" | "ownership" | "storage" | "tracking">,
  purpose: BucketPurpose | "dvc-replica",
): string {
  const { storage, tracking } = spec;
  if (purpose === "mlflow" && tracking.bucket !== undefined) return tracking.bucket;
  if (storage.bucketPrefix === undefined) return resourceName(spec, "s3-bucket", purpose);
  return fitName("s3-bucket", `${storage.bucketPrefix}-${purpose}`);
}

/** A bucket of the environment as policies name it. */
export function encryptedBucket(
  spec: Parameters<typeof bucketNameOf>[0] & Pick<AwsPlatformSpec, "cloud">,
  purpose: BucketPurpose,
): EncryptedBucket {
  return { name: bucketNameOf(spec, purpose), region: spec.cloud.region, keyAlias: dataKey(spec).alias };
}

function planBucket(spec: AwsPlatformSpec, purpose: BucketPurpose): BucketPlan {
  const prod = spec.environment === "prod";
  const { lasting, lifecycle } = lives(logRetentionDays(spec))[purpose];
  const region = purpose === "dvc" ? replicaRegion(spec) : undefined;
  return {
    purpose,
    name: bucketNameOf(spec, purpose),
    versioned: lasting,
    lifecycle,
    encryption: purpose === "access-logs" ? "s3" : "key",
    receives: purpose === "access-logs" ? ["s3-access-logs", "load-balancer-logs"] : [],
    protectState: prod && lasting,
    emptied: !prod && purpose !== "dvc" && purpose !== "mlflow",
    replica: region === undefined ? undefined : { name: bucketNameOf(spec, "dvc-replica"), region },
  };
}

/** Where DVC's bucket is copied to: as the spec says, else in prod to a region under the same law. */
function replicaRegion({ cloud, environment, storage }: AwsPlatformSpec): string | undefined {
  return storage.replicaRegion ?? (environment === "prod" ? replicaRegionOf(cloud.region) : undefined);
}

interface Life {
  /** Whether what is in it can't be made again. */
  readonly lasting: boolean;
  readonly lifecycle: BucketLifecycle;
}

/**
 * Data sets, runs and models stay until somebody deletes them, and can be brought back for 90 days after that; weights,
 * which are big and come from elsewhere, for 30. Logs go as all logs do, what Beam stages after a week.
 */
function lives(logDays: number): Readonly<Record<BucketPurpose, Life>> {
  return {
    dvc: lasting(90),
    mlflow: lasting(90),
    models: lasting(30),
    "airflow-logs": passing(logDays),
    "beam-staging": passing(7),
    "access-logs": passing(logDays),
  };
}

const abortUploadsAfter = 7;

function lasting(expireOldVersionsAfter: number): Life {
  return {
    lasting: true,
    lifecycle: { abortUploadsAfter, expireAfter: undefined, expireOldVersionsAfter, tierAfter: 30 },
  };
}

function passing(expireAfter: number): Life {
  return {
    lasting: false,
    lifecycle: { abortUploadsAfter, expireAfter, expireOldVersionsAfter: undefined, tierAfter: undefined },
  };
}
