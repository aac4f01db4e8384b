import { postgresDeployment } from "../../spec/defaults.ts";
import type { AwsPlatformSpec } from "../../spec/platform.ts";
import type { RolePlan, ServiceRolePlan } from "../foundation/iam/roles.ts";
import type { KeyPlan } from "../foundation/keys.ts";
import { resourceName } from "../foundation/naming.ts";
import { type BucketAccessPlan, planDatasetAccess } from "./access.ts";
import { replicationPolicy } from "./bucketPolicy.ts";
import { type BucketPlan, planBuckets } from "./buckets.ts";
import { databaseLogs } from "./database.ts";
import { dataKey, replicaKey } from "./keys.ts";
import { planRepositories, type RepositoryPlan } from "./repositories.ts";

/** What an environment keeps in AWS outside its cluster. */
export interface DataPlan {
  /** Encrypts everything here, and the database. */
  readonly key: KeyPlan;
  /** Names of log groups that it encrypts too. */
  readonly logGroups: readonly string[];
  readonly buckets: readonly BucketPlan[];
  /** How buckets are copied to another region; undefined where none is. */
  readonly replication: ReplicationPlan | undefined;
  readonly repositories: readonly RepositoryPlan[];
  /** What may be attached to the roles of people and of CI. */
  readonly access: readonly BucketAccessPlan[];
}

/** What copies need beside the buckets. */
export interface ReplicationPlan {
  readonly region: string;
  /** Encrypts the copies, in their region. */
  readonly key: KeyPlan;
  /** S3 takes it on to copy. */
  readonly role: ServiceRolePlan;
}

/** @param more repositories beside those of our own programs */
export function planData(spec: AwsPlatformSpec, more: readonly RepositoryPlan[] = []): DataPlan {
  const buckets = planBuckets(spec);
  return {
    key: dataKey(spec),
    logGroups:
      postgresDeployment(spec.postgres, spec.environment) === "rds"
        ? databaseLogs(spec).map(({ group }) => group.name)
        : [],
    buckets,
    replication: planReplication(spec, buckets),
    repositories: [...planRepositories(spec), ...more],
    access: planDatasetAccess(spec),
  };
}

/** Every key of the data: each costs by the month. */
export function dataKeysOf({ key, replication }: Pick<DataPlan, "key" | "replication">): KeyPlan[] {
  return replication === undefined ? [key] : [key, replication.key];
}

/** Every role of the data. */
export function dataRolesOf({ replication }: Pick<DataPlan, "replication">): RolePlan[] {
  return replication === undefined ? [] : [replication.role];
}

/** Buckets that are made, copies included. */
export function bucketCount({ buckets }: Pick<DataPlan, "buckets">): number {
  return buckets.length + buckets.filter(({ replica }) => replica !== undefined).length;
}

function planReplication(spec: AwsPlatformSpec, buckets: readonly BucketPlan[]): ReplicationPlan | undefined {
  const { region } = spec.cloud;
  const key = replicaKey(spec);
  const copied = buckets.flatMap(({ name, replica }) => (replica ? [{ name, replica }] : []));
  const [first] = copied;
  if (first === undefined) return undefined;
  return {
    region: first.replica.region,
    key,
    role: {
      kind: "service",
      name: resourceName(spec, "iam-role", "bucket-replication"),
      description: "S3: copies buckets to another region",
      service: "s3.amazonaws.com",
      managedPolicies: [],
      policies: Object.fromEntries(
        copied.map(({ name, replica }) => [
          name,
          replicationPolicy(
            { name, region, keyAlias: dataKey(spec).alias },
            { ...replica, keyAlias: key.alias },
          ),
        ]),
      ),
    },
  };
}
