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
  const account = { StringEquals: { "aws:ResourceAccount": thisAccount } };
  return {
    kind: "pod",
    name: resourceName(spec, "iam-role", `model-${name}`),
    description: `Model ${name}: reads its weights`,
    clusterName: clusterName(spec),
    namespace,
    serviceAccount: name,
    policies: {
      weights: policy(
        allow("List", ["s3:ListBucket"], [arn], {
          ...account,
          StringLike: { "s3:prefix": [prefix, `${prefix}/*`] },
        }),
        allow("Read", ["s3:GetObject"], [`${arn}/${prefix}/*`], account),
        keyStatement("Decrypt", ["kms:Decrypt"], { keyAlias: dataKey(spec).alias, region }),
      ),
    },
  };
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: IAM's own variable
const thisAccount = "${aws:PrincipalAccount}";
