import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { accessLogPrefix, bucketPolicy } from "../../planning/data/bucketPolicy.ts";
import type { BucketPlan } from "../../planning/data/buckets.ts";
import { type Transform, transformed } from "../transform.ts";

export interface BucketArgs {
  readonly plan: Pick<
    BucketPlan,
    "name" | "versioned" | "lifecycle" | "encryption" | "receives" | "protectState" | "emptied"
  >;
  /** Region that it is in. Changing it replaces the bucket. */
  readonly region: string;
  readonly accountId: pulumi.Input<string>;
  /** Key that encrypts its objects, where the plan says so; a key of its region. Objects that are there keep theirs. */
  readonly keyArn: pulumi.Input<string>;
  /** Bucket that takes its access logs. Default: none are written. */
  readonly logsTo?: Bucket | undefined;
  /** Names of the buckets whose access logs it takes. Default: none. */
  readonly logsFrom?: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly transform?: { readonly bucket?: Transform<aws.s3.BucketArgs> } | undefined;
}

/** What a part of a bucket is made with. */
interface Making {
  readonly name: string;
  readonly args: BucketArgs;
  readonly bucket: aws.s3.Bucket;
  /** The region of every part. */
  readonly region: string;
  readonly opts: { readonly parent: pulumi.Resource };
}

/**
 * An S3 bucket: private whatever anyone grants, owned by its account whoever writes, encrypted, reached by TLS 1.2 or
 * newer only, and tidied by itself. It is emptied to be deleted only where the plan says that what is in it can be had again.
 *
 * Only another name or region replaces it; everything else changes in place, for objects that are written from then on.
 *
 * Costs $0.023 per GB and month, old versions included, and requests; nothing while it is empty. A bucket key keeps
 * the price of KMS per bucket instead of per object.
 */
export class Bucket extends pulumi.ComponentResource {
  /** Known when the bucket is there with all its settings. */
  readonly bucket: pulumi.Output<string>;
  readonly arn: pulumi.Output<string>;
  /** Name as it is planned. */
  readonly plannedName: string;

  constructor(name: string, args: BucketArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:data:Bucket", name, {}, opts);
    const child = { parent: this };
    const { plan, region, tags, transform } = args;

    const bucket = new aws.s3.Bucket(
      name,
      transformed(transform?.bucket, { bucket: plan.name, region, forceDestroy: plan.emptied, tags }),
      { ...child, protect: plan.protectState },
    );
    const making: Making = { name, args, bucket, region, opts: child };
    const closed = closeToThePublic(making);
    const ownership = keepOwnership(making);
    const encryption = encrypt(making);
    const versioning = keepVersions(making);
    const lifecycle = tidy(making, versioning);
    const policy = guard(making, closed);
    const logging = logAccess(making);

    const settings = [closed, ownership, encryption, ...versioning, lifecycle, policy, ...logging];
    const ready = pulumi.all(settings.map(({ id }) => id));
    this.bucket = pulumi.all([bucket.bucket, ready]).apply(([bucketName]) => bucketName);
    this.arn = pulumi.all([bucket.arn, ready]).apply(([arn]) => arn);
    this.plannedName = plan.name;
    this.registerOutputs({ bucket: this.bucket, arn: this.arn });
  }
}

function closeToThePublic({ bucket, name, opts, region }: Making) {
  return new aws.s3.BucketPublicAccessBlock(
    name,
    {
      bucket: bucket.id,
      region,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    },
    opts,
  );
}

function keepOwnership({ bucket, name, opts, region }: Making) {
  return new aws.s3.BucketOwnershipControls(
    name,
    { bucket: bucket.id, region, rule: { objectOwnership: "BucketOwnerEnforced" } },
    opts,
  );
}

function encrypt({ args, bucket, name, opts, region }: Making) {
  const byDefault =
    args.plan.encryption === "s3"
      ? { sseAlgorithm: "AES256" }
      : { sseAlgorithm: "aws:kms", kmsMasterKeyId: args.keyArn };
  return new aws.s3.BucketServerSideEncryptionConfiguration(
    name,
    {
      bucket: bucket.id,
      region,
      rules: [
        {
          applyServerSideEncryptionByDefault: byDefault,
          ...(args.plan.encryption === "key" ? { bucketKeyEnabled: true } : {}),
        },
      ],
    },
    opts,
  );
}

function keepVersions({ args, bucket, name, opts, region }: Making) {
  if (!args.plan.versioned) return [];
  return [
    new aws.s3.BucketVersioning(
      name,
      { bucket: bucket.id, region, versioningConfiguration: { status: "Enabled" } },
      opts,
    ),
  ];
}

function tidy({ args, bucket, name, opts, region }: Making, versioning: readonly pulumi.Resource[]) {
  const { abortUploadsAfter, expireAfter, expireOldVersionsAfter, tierAfter } = args.plan.lifecycle;
  return new aws.s3.BucketLifecycleConfiguration(
    name,
    {
      bucket: bucket.id,
      region,
      rules: [
        {
          id: "housekeeping",
          status: "Enabled",
          filter: {},
          abortIncompleteMultipartUpload: { daysAfterInitiation: abortUploadsAfter },
          ...(expireAfter === undefined ? {} : { expiration: { days: expireAfter } }),
          ...(expireOldVersionsAfter === undefined
            ? {}
            : {
                noncurrentVersionExpiration: { noncurrentDays: expireOldVersionsAfter },
                // What marks an object as deleted says nothing any more once its last version is gone.
                expiration: { expiredObjectDeleteMarker: true },
              }),
          ...(tierAfter === undefined
            ? {}
            : { transitions: [{ days: tierAfter, storageClass: "INTELLIGENT_TIERING" }] }),
        },
      ],
    },
    { ...opts, dependsOn: [...versioning] },
  );
}

/** A policy is refused as long as the block on public ones is being changed. */
function guard({ args, bucket, name, opts, region }: Making, closed: pulumi.Resource) {
  const { accountId, logsFrom = [], plan } = args;
  const policy = pulumi
    .output(accountId)
    .apply((id) =>
      JSON.stringify(bucketPolicy(plan.name, plan.receives, logsFrom, { accountId: id, region })),
    );
  return new aws.s3.BucketPolicy(name, { bucket: bucket.id, region, policy }, { ...opts, dependsOn: closed });
}

function logAccess({ args: { logsTo, plan }, bucket, name, opts, region }: Making) {
  if (logsTo === undefined) return [];
  return [
    new aws.s3.BucketLogging(
      name,
      {
        bucket: bucket.id,
        region,
        targetBucket: logsTo.bucket,
        targetPrefix: accessLogPrefix(plan.name),
        // By the day of the requests, so that a query reads no more than it asks for.
        targetObjectKeyFormat: { partitionedPrefix: { partitionDateSource: "EventTime" } },
      },
      opts,
    ),
  ];
}
