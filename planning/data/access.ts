import { partitionOf } from "../../catalog/partitions.ts";
import type { AwsPlatformSpec } from "../../spec/platform.ts";
import { bucketReadPolicy, bucketWritePolicy } from "../foundation/iam/buckets.ts";
import { allow, type PolicyDocument, policy } from "../foundation/iam/policy.ts";
import { resourceName } from "../foundation/naming.ts";
import { encryptedBucket } from "./buckets.ts";

/**
 * Rights for who is outside the cluster: people, and what runs in CI. A policy that is attached to their roles, which are
 * none of the platform's. It costs nothing. Changing its name replaces it, which IAM refuses as long as it is attached.
 */
export interface AccessPolicyPlan {
  readonly name: string;
  readonly description: string;
}

/** Rights that need nothing that is only known once it is made. */
export interface BucketAccessPlan extends AccessPolicyPlan {
  readonly key: "dvc-read" | "dvc-write";
  readonly document: PolicyDocument;
}

/** Who uses data sets by DVC reads them, and who makes new ones writes them. */
export function planDatasetAccess(spec: AwsPlatformSpec): BucketAccessPlan[] {
  const bucket = encryptedBucket(spec, "dvc");
  return [
    {
      key: "dvc-read",
      name: resourceName(spec, "iam-policy", "dvc-read"),
      description: "Reads DVC's data sets",
      document: bucketReadPolicy(bucket),
    },
    {
      key: "dvc-write",
      name: resourceName(spec, "iam-policy", "dvc-write"),
      description: "Reads and writes DVC's data sets",
      document: bucketWritePolicy(bucket),
    },
  ];
}

/** How people sign in to PostgreSQL without a password of their own. */
export interface SignInPlan extends AccessPolicyPlan {
  /** User of every database, which may read and nothing else. */
  readonly user: string;
}

export function planSignIn(spec: AwsPlatformSpec): SignInPlan {
  return {
    name: resourceName(spec, "iam-policy", "postgres-read"),
    description: "Signs in to PostgreSQL as a user who reads",
    user: "reader",
  };
}

/** A database server of RDS, as IAM names it. */
export interface DatabaseServer {
  readonly region: string;
  readonly accountId: string;
  /** `db-ABCDEFGHIJKL01234`, which stays when the server is renamed. */
  readonly resourceId: string;
}

/** Source: Amazon RDS user guide, "Creating and using an IAM policy for IAM database access". */
export function signInPolicy(
  user: string,
  { accountId, region, resourceId }: DatabaseServer,
): PolicyDocument {
  const arn = `arn:${partitionOf(region)}:rds-db:${region}:${accountId}:dbuser:${resourceId}/${user}`;
  return policy(allow("SignIn", ["rds-db:connect"], [arn]));
}
