import { partitionOf } from "../../../catalog/partitions.ts";
import { allow, type PolicyDocument, type PolicyStatement, policy } from "./policy.ts";

/** A bucket, and what its objects are encrypted with. */
export interface EncryptedBucket {
  readonly name: string;
  readonly region: string;
  /** Alias of the key. */
  readonly keyAlias: string;
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: IAM's own variable
const thisAccount = "${aws:PrincipalAccount}";

/** Bucket names are the world's: one of ours that isn't made yet may be somebody else's. */
export const ours = { StringEquals: { "aws:ResourceAccount": thisAccount } };

export const bucketArn = (region: string, name: string) => `arn:${partitionOf(region)}:s3:::${name}`;

/**
 * Use of a key through S3 only. The key is named by its alias: its ARN is not known before there is one.
 * Source: AWS KMS developer guide, "Use aliases to control access to KMS keys".
 */
export function keyStatement(
  sid: string,
  actions: readonly string[],
  { keyAlias, region }: Pick<EncryptedBucket, "keyAlias" | "region">,
): PolicyStatement {
  return allow(sid, actions, [`arn:${partitionOf(region)}:kms:${region}:*:key/*`], {
    "ForAnyValue:StringEquals": { "kms:ResourceAliases": keyAlias },
    StringEquals: { "kms:ViaService": `s3.${region}.amazonaws.com` },
  });
}

/** What lists keys below a prefix, without slashes at its ends, and no others. */
export const below = (prefix: string) => ({
  ...ours,
  StringLike: { "s3:prefix": [prefix, `${prefix}/*`] },
});

/** Reads what is below a prefix of a bucket, without slashes at its ends, and nothing else. */
export function prefixReadPolicy(bucket: EncryptedBucket, prefix: string): PolicyDocument {
  const arn = bucketArn(bucket.region, bucket.name);
  return policy(
    allow("List", ["s3:ListBucket"], [arn], below(prefix)),
    allow("Read", ["s3:GetObject"], [`${arn}/${prefix}/*`], ours),
    keyStatement("Decrypt", ["kms:Decrypt"], bucket),
  );
}

/**
 * Reads a bucket. For Mountpoint for S3: its driver has one role for all volumes, so it gets no more than what every pod
 * may read.
 * Source: mountpoint-s3, doc/CONFIGURATION.md, "IAM permissions".
 */
export function bucketReadPolicy(bucket: EncryptedBucket): PolicyDocument {
  const arn = bucketArn(bucket.region, bucket.name);
  return policy(
    allow("List", ["s3:ListBucket"], [arn], ours),
    allow("Read", ["s3:GetObject"], [`${arn}/*`], ours),
    keyStatement("Decrypt", ["kms:Decrypt"], bucket),
  );
}

/**
 * Reads and writes a bucket's objects. Without ListBucket a missing object answers 403 instead of 404, which clients take
 * for a broken set-up.
 */
export function bucketWritePolicy(bucket: EncryptedBucket): PolicyDocument {
  const arn = bucketArn(bucket.region, bucket.name);
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
    // An upload in parts is put together from what is already encrypted.
    keyStatement("Encrypt", ["kms:Decrypt", "kms:GenerateDataKey"], bucket),
  );
}
