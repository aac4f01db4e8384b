import { partitionOf } from "../../../catalog/partitions.ts";
import { allow, type PolicyDocument, policy } from "./policy.ts";

// biome-ignore lint/suspicious/noTemplateCurlyInString: IAM's own variable
const thisAccount = "${aws:PrincipalAccount}";

/** Bucket names are the world's: one of ours that isn't made yet may be somebody else's. */
const ours = { StringEquals: { "aws:ResourceAccount": thisAccount } };

const arnOf = (region: string, bucket: string) => `arn:${partitionOf(region)}:s3:::${bucket}`;

/**
 * Reads a bucket. For Mountpoint for S3: its driver has one role for all volumes, so it gets no more than what every pod
 * may read.
 * Source: mountpoint-s3, doc/CONFIGURATION.md, "IAM permissions".
 */
export function bucketReadPolicy(region: string, bucket: string): PolicyDocument {
  const arn = arnOf(region, bucket);
  return policy(
    allow("List", ["s3:ListBucket"], [arn], ours),
    allow("Read", ["s3:GetObject"], [`${arn}/*`], ours),
  );
}

/**
 * Reads and writes a bucket's objects. Without ListBucket a missing object answers 403 instead of 404, which clients take
 * for a broken set-up.
 */
export function bucketWritePolicy(region: string, bucket: string): PolicyDocument {
  const arn = arnOf(region, bucket);
  return policy(
    allow("List", ["s3:GetBucketLocation", "s3:ListBucket"], [arn], ours),
    allow(
      "Objects",
      [
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:ListMultipartUploadParts",
        "s3:PutObject",
      ],
      [`${arn}/*`],
      ours,
    ),
  );
}
