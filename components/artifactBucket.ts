import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { PodRolePlan } from "../planning/foundation/iam/roles.ts";
import type { ArtifactStore } from "./artifactStore.ts";
import { PodIdentityRole } from "./foundation/podIdentity.ts";

export interface ArtifactBucketArgs {
  /** Name of the bucket, unique in all of AWS. Changing it replaces the bucket: copy the objects first. */
  readonly bucket: string;
  readonly region: string;
  /** Role of the service account that gets to read and write it. */
  readonly role: PodRolePlan;
  /** Name of the cluster, known when there is one: only access waits for it, the bucket doesn't. */
  readonly clusterName: pulumi.Input<string>;
  readonly tags: Readonly<Record<string, string>>;
  /** Refuses to delete the bucket. */
  readonly protectState: boolean;
}

/** Days after which a replaced or deleted object can no longer be brought back. */
const keepOldVersionsDays = 90;

/**
 * An S3 bucket for run artifacts and models, and a role that gives one service account access to it by EKS Pod
 * Identity. Private, encrypted, versioned, TLS only; unfinished uploads go after a week, old versions after 90 days.
 *
 * Costs nothing while it is empty, then S3 Standard's price per GB and month, old versions included.
 */
export class ArtifactBucket extends pulumi.ComponentResource implements ArtifactStore {
  readonly bucket: pulumi.Output<string>;
  readonly env: ArtifactStore["env"];
  readonly secretEnv: ArtifactStore["secretEnv"] = {};
  readonly destination = "aws";
  readonly reachableFromOutside = true;

  constructor(name: string, args: ArtifactBucketArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:index:ArtifactBucket", name, {}, opts);
    const child = { parent: this };

    const bucket = new aws.s3.Bucket(
      name,
      { bucket: args.bucket, forceDestroy: false, tags: args.tags },
      { ...child, protect: args.protectState },
    );
    const settings = bucketSettings(name, bucket, child);
    const access = new PodIdentityRole(
      name,
      { plan: args.role, clusterName: args.clusterName, tags: args.tags },
      child,
    );

    this.env = { AWS_REGION: args.region, AWS_DEFAULT_REGION: args.region };
    const ready = pulumi.all([access.ready, ...settings.map(({ id }) => id)]);
    this.bucket = pulumi.all([bucket.bucket, ready]).apply(([bucketName]) => bucketName);
    this.registerOutputs({ bucket: this.bucket });
  }
}

function bucketSettings(name: string, bucket: aws.s3.Bucket, opts: pulumi.CustomResourceOptions) {
  const closed = new aws.s3.BucketPublicAccessBlock(
    name,
    {
      bucket: bucket.id,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    },
    opts,
  );
  const ownership = new aws.s3.BucketOwnershipControls(
    name,
    { bucket: bucket.id, rule: { objectOwnership: "BucketOwnerEnforced" } },
    opts,
  );
  const encryption = new aws.s3.BucketServerSideEncryptionConfiguration(
    name,
    {
      bucket: bucket.id,
      rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms" }, bucketKeyEnabled: true }],
    },
    opts,
  );
  const versioning = new aws.s3.BucketVersioning(
    name,
    { bucket: bucket.id, versioningConfiguration: { status: "Enabled" } },
    opts,
  );
  const lifecycle = new aws.s3.BucketLifecycleConfiguration(
    name,
    {
      bucket: bucket.id,
      rules: [
        {
          id: "housekeeping",
          status: "Enabled",
          filter: {},
          abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
          noncurrentVersionExpiration: { noncurrentDays: keepOldVersionsDays },
        },
      ],
    },
    { ...opts, dependsOn: versioning },
  );
  const policy = new aws.s3.BucketPolicy(
    name,
    { bucket: bucket.id, policy: pulumi.jsonStringify(tlsOnly(bucket.arn)) },
    { ...opts, dependsOn: closed },
  );
  return [closed, ownership, encryption, versioning, lifecycle, policy];
}

function tlsOnly(arn: pulumi.Output<string>) {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "DenyUnencryptedTransport",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [arn, pulumi.interpolate`${arn}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ],
  };
}
