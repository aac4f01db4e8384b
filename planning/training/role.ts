import { clusterName } from "../../spec/defaults.ts";
import type { AwsPlatformSpec } from "../../spec/platform.ts";
import { encryptedBucket } from "../data/buckets.ts";
import { bucketArn, keyStatement, ours, prefixReadPolicy } from "../foundation/iam/buckets.ts";
import { allow, type PolicyDocument, policy } from "../foundation/iam/policy.ts";
import type { PodRolePlan } from "../foundation/iam/roles.ts";
import { resourceName } from "../foundation/naming.ts";

export interface TrainingRights {
  /** Name of the service account, and of the pods. */
  readonly app: string;
  readonly namespace: string;
  /** Of the models bucket, without slashes at its ends: the checkpoints of all its runs. */
  readonly prefix: string;
  /** Folder of DVC's bucket that it reads. */
  readonly data: string | undefined;
}

/** A training's rights: its own checkpoints, with their old versions, and to read the data that it names. Nothing else. */
export function trainingRole(
  spec: AwsPlatformSpec,
  { app, data, namespace, prefix }: TrainingRights,
): PodRolePlan {
  return {
    kind: "pod",
    name: resourceName(spec, "iam-role", app),
    description: `Training ${app}: its checkpoints${data === undefined ? "" : ", and its data"}`,
    clusterName: clusterName(spec),
    namespace,
    serviceAccount: app,
    policies: {
      checkpoints: checkpointsPolicy(spec, prefix),
      ...(data === undefined ? {} : { data: prefixReadPolicy(encryptedBucket(spec, "dvc"), data) }),
    },
  };
}

function checkpointsPolicy(spec: AwsPlatformSpec, prefix: string): PolicyDocument {
  const bucket = encryptedBucket(spec, "models");
  const arn = bucketArn(bucket.region, bucket.name);
  return policy(
    allow("List", ["s3:ListBucket", "s3:ListBucketVersions"], [arn], {
      ...ours,
      StringLike: { "s3:prefix": [`${prefix}/*`] },
    }),
    allow(
      "Objects",
      [
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:GetObject",
        "s3:ListMultipartUploadParts",
        "s3:PutObject",
      ],
      [`${arn}/${prefix}/*`],
      ours,
    ),
    keyStatement("Encrypt", ["kms:Decrypt", "kms:GenerateDataKey"], bucket),
  );
}
