import { partitionOf } from "../../catalog/partitions.ts";
import { bucketArn, type EncryptedBucket, keyStatement } from "../foundation/iam/buckets.ts";
import { allow, type PolicyDocument, type PolicyStatement, policy } from "../foundation/iam/policy.ts";
import type { LogSource } from "./buckets.ts";

/** A statement of a resource's own policy, which also says whom it is about. */
export interface ResourceStatement extends PolicyStatement {
  readonly Principal: "*" | { readonly Service: string } | { readonly AWS: string };
}

/** A policy that a resource carries: a bucket, a topic. */
export interface ResourcePolicy {
  readonly Version: "2012-10-17";
  readonly Statement: readonly ResourceStatement[];
}

/** Where a bucket is, and whose it is. */
export interface BucketPlace {
  readonly region: string;
  readonly accountId: string;
}

/**
 * A bucket's own policy. Nobody may use it without TLS 1.2 or newer, whatever else they may; and the services that
 * deliver logs may write, for this account only.
 * @param sources names of the buckets whose access logs it takes
 */
export function bucketPolicy(
  name: string,
  receives: readonly LogSource[],
  sources: readonly string[],
  { accountId, region }: BucketPlace,
): ResourcePolicy {
  const arn = bucketArn(region, name);
  return {
    Version: "2012-10-17",
    Statement: [
      ...tlsOnly(arn),
      ...(receives.includes("s3-access-logs") ? accessLogs(arn, sources, { accountId, region }) : []),
      ...(receives.includes("load-balancer-logs") ? loadBalancerLogs(arn, { accountId, region }) : []),
    ],
  };
}

/** Source: S3 user guide, "Security best practices for Amazon S3", and the condition key `s3:TlsVersion`. */
function tlsOnly(arn: string): ResourceStatement[] {
  const deny = (Sid: string, Condition: PolicyStatement["Condition"]): ResourceStatement => ({
    Sid,
    Effect: "Deny",
    Principal: "*",
    Action: ["s3:*"],
    Resource: [arn, `${arn}/*`],
    ...(Condition && { Condition }),
  });
  return [
    deny("DenyUnencryptedTransport", { Bool: { "aws:SecureTransport": "false" } }),
    deny("DenyOldTls", { NumericLessThan: { "s3:TlsVersion": "1.2" } }),
  ];
}

/** Keys of access logs: `s3/<bucket>/...`. */
export const accessLogPrefix = (bucket: string) => `s3/${bucket}/`;

/** Keys of the load balancer's: `load-balancer/AWSLogs/<account>/...`. */
export const loadBalancerLogPrefix = "load-balancer";

/** Source: S3 user guide, "Enabling Amazon S3 server access logging". */
function accessLogs(
  arn: string,
  sources: readonly string[],
  { accountId, region }: BucketPlace,
): ResourceStatement[] {
  return [
    {
      Principal: { Service: "logging.s3.amazonaws.com" },
      ...allow("AccessLogs", ["s3:PutObject"], [`${arn}/s3/*`], {
        ArnLike: { "aws:SourceArn": sources.map((source) => bucketArn(region, source)) },
        StringEquals: { "aws:SourceAccount": accountId },
      }),
    },
  ];
}

/** Source: Network Load Balancer user guide, "Access logs for your Network Load Balancer". */
function loadBalancerLogs(arn: string, { accountId, region }: BucketPlace): ResourceStatement[] {
  const Principal = { Service: "delivery.logs.amazonaws.com" };
  const ours = {
    ArnLike: { "aws:SourceArn": `arn:${partitionOf(region)}:logs:${region}:${accountId}:*` },
    StringEquals: { "aws:SourceAccount": accountId },
  };
  return [
    { Principal, ...allow("LoadBalancerLogsTarget", ["s3:GetBucketAcl"], [arn], ours) },
    {
      Principal,
      ...allow(
        "LoadBalancerLogs",
        ["s3:PutObject"],
        [`${arn}/${loadBalancerLogPrefix}/AWSLogs/${accountId}/*`],
        {
          ...ours,
          StringEquals: { ...ours.StringEquals, "s3:x-amz-acl": "bucket-owner-full-control" },
        },
      ),
    },
  ];
}

/**
 * What S3 needs to copy objects with their versions, tags and deletions, from one key to another.
 * Source: S3 user guide, "Setting up permissions for live replication" and "Replicating encrypted objects".
 */
export function replicationPolicy(from: EncryptedBucket, to: EncryptedBucket): PolicyDocument {
  const source = bucketArn(from.region, from.name);
  const target = bucketArn(to.region, to.name);
  return policy(
    allow("Configuration", ["s3:GetReplicationConfiguration", "s3:ListBucket"], [source]),
    allow(
      "Read",
      ["s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging"],
      [`${source}/*`],
    ),
    allow("Copy", ["s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"], [`${target}/*`]),
    keyStatement("Decrypt", ["kms:Decrypt"], from),
    keyStatement("Encrypt", ["kms:Encrypt", "kms:GenerateDataKey"], to),
  );
}
