import { clusterName } from "../../spec/defaults.ts";
import type { AwsPlatformSpec } from "../../spec/platform.ts";
import { bucketNameOf } from "../data/buckets.ts";
import { dataKey } from "../data/keys.ts";
import { bucketArn, keyStatement } from "../foundation/iam/buckets.ts";
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
  const { region } = spec.cloud;
  const arn = bucketArn(region, bucketNameOf(spec, "models"));
  return {
    kind: "pod",
    name: resourceName(spec, "iam-role", `model-${name}`),
    description: `Model ${name}: reads its weights`,
    clusterName: clusterName(spec),
    namespace,
    serviceAccount: name,
    policies: {
      weights: policy(
        allow("List", ["s3:ListBucket"], [arn], below(prefix)),
        allow("Read", ["s3:GetObject"], [`${arn}/${prefix}/*`], account),
        keyStatement("Decrypt", ["kms:Decrypt"], { keyAlias: dataKey(spec).alias, region }),
      ),
    },
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
  const { region } = spec.cloud;
  const arn = bucketArn(region, bucketNameOf(spec, "models"));
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
        allow("Uploads", ["s3:ListBucketMultipartUploads"], [arn], account),
        allow(
          "Objects",
          ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
          [`${arn}/${prefix}/*`],
          account,
        ),
        keyStatement("Encrypt", ["kms:Decrypt", "kms:GenerateDataKey"], {
          keyAlias: dataKey(spec).alias,
          region,
        }),
      ),
    },
  };
}

/** Source: IAM API reference, CreateRole, Description. */
const mostOfDescription = 1000;

// biome-ignore lint/suspicious/noTemplateCurlyInString: IAM's own variable
const account = { StringEquals: { "aws:ResourceAccount": "${aws:PrincipalAccount}" } };

const below = (prefix: string) => ({
  ...account,
  StringLike: { "s3:prefix": [prefix, `${prefix}/*`] },
});
