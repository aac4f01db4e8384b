import { clusterName } from "../../spec/defaults.ts";
import type { AwsPlatformSpec } from "../../spec/platform.ts";
import { encryptedBucket } from "../data/buckets.ts";
import { below, bucketArn, keyStatement, ours, prefixReadPolicy } from "../foundation/iam/buckets.ts";
import { allow, policy } from "../foundation/iam/policy.ts";
import type { PodRolePlan } from "../foundation/iam/roles.ts";
import { resourceName } from "../foundation/naming.ts";

/**
 * A model server's rights: to read the weights of its own model and nothing else.
 * @param prefix of the weights in the models bucket, without slashes at its ends
 */
export function servingRole(
  spec: AwsPlatformSpec,
  { name, namespace, prefix }: { readonly name: string; readonly namespace: string; readonly prefix: string },
): PodRolePlan {
  return {
    kind: "pod",
    name: resourceName(spec, "iam-role", `model-${name}`),
    description: `Model ${name}: reads its weights`,
    clusterName: clusterName(spec),
    namespace,
    serviceAccount: name,
    policies: { weights: prefixReadPolicy(encryptedBucket(spec, "models"), prefix) },
  };
}

/**
 * A staging Job's rights: to fill the prefix of one model's files. Nothing is deleted: what is wrong is never completed,
 * and what is replaced stays a version of the bucket.
 */
export function stagingRole(
  spec: AwsPlatformSpec,
  { name, namespace, prefix }: { readonly name: string; readonly namespace: string; readonly prefix: string },
): PodRolePlan {
  const bucket = encryptedBucket(spec, "models");
  const arn = bucketArn(bucket.region, bucket.name);
  return {
    kind: "pod",
    name: resourceName(spec, "iam-role", name),
    description: `Fills ${prefix} of the models bucket`.slice(0, mostOfDescription),
    clusterName: clusterName(spec),
    namespace,
    serviceAccount: name,
    policies: {
      weights: policy(
        allow("List", ["s3:ListBucket"], [arn], below(prefix)),
        // Uploads that were begun: IAM knows no prefix for them.
        allow("Uploads", ["s3:ListBucketMultipartUploads"], [arn], ours),
        allow(
          "Objects",
          ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
          [`${arn}/${prefix}/*`],
          ours,
        ),
        keyStatement("Encrypt", ["kms:Decrypt", "kms:GenerateDataKey"], bucket),
      ),
    },
  };
}

/** Source: IAM API reference, CreateRole, Description. */
const mostOfDescription = 1000;
