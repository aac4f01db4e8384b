import type { AwsPlatformSpec } from "../../spec/platform.ts";
import { resourceName } from "./naming.ts";

/** A KMS key of the environment. It rotates every year and costs $1 a month. */
export interface KeyPlan {
  /** `alias/...`: how people find it. Changing it replaces the alias only. */
  readonly alias: string;
  readonly description: string;
  /**
   * Days between its deletion and its end, in which it can be brought back; what it encrypted is lost after that. 7,
   * AWS's least, where an environment may be thrown away; 30, AWS's most, in prod.
   */
  readonly deletionDays: number;
}

export function planKey(
  spec: Pick<AwsPlatformSpec, "environment" | "ownership">,
  name: string,
  description: string,
): KeyPlan {
  return {
    alias: resourceName(spec, "kms-alias", name),
    description,
    deletionDays: spec.environment === "prod" ? 30 : 7,
  };
}

/** Whose key it is, and who else may use it. */
export interface KeyUse {
  readonly partition: string;
  readonly accountId: string;
  readonly region: string;
  /** Log groups that CloudWatch encrypts with it; empty for a key that only principals of the account use. */
  readonly logGroups: readonly string[];
  /** Services that publish to encrypted topics, such as `cloudwatch.amazonaws.com`. Default: none. */
  readonly publishers?: readonly string[];
}

/** What AWS's guides write as `kms:GenerateDataKey*`. */
const dataKeys = [
  "kms:GenerateDataKey",
  "kms:GenerateDataKeyPair",
  "kms:GenerateDataKeyPairWithoutPlaintext",
  "kms:GenerateDataKeyWithoutPlaintext",
];

/**
 * A key's policy: IAM of the account decides, and CloudWatch may encrypt these log groups with it and nothing else. What
 * services may publish with it is for the topic's own policy to limit.
 * `Resource: "*"` in a key's policy means the key itself. The guide also lists `kms:Describe*`, which the guide's own
 * condition never lets through: such a request has no encryption context.
 * Source: CloudWatch Logs user guide, "Encrypt log data in CloudWatch Logs using AWS KMS"; SNS developer guide, "Key
 * management".
 */
export function keyPolicy({ accountId, logGroups, partition, publishers = [], region }: KeyUse) {
  const arn = (name: string) => `arn:${partition}:logs:${region}:${accountId}:log-group:${name}`;
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "Account",
        Effect: "Allow",
        Principal: { AWS: `arn:${partition}:iam::${accountId}:root` },
        Action: "kms:*",
        Resource: "*",
      },
      ...(logGroups.length === 0
        ? []
        : [
            {
              Sid: "CloudWatchLogs",
              Effect: "Allow",
              Principal: { Service: `logs.${region}.amazonaws.com` },
              Action: ["kms:Decrypt", "kms:Encrypt", ...dataKeys, "kms:ReEncryptFrom", "kms:ReEncryptTo"],
              Resource: "*",
              Condition: { ArnEquals: { "kms:EncryptionContext:aws:logs:arn": logGroups.map(arn) } },
            },
          ]),
      ...(publishers.length === 0
        ? []
        : [
            {
              Sid: "Publishers",
              Effect: "Allow",
              Principal: { Service: publishers },
              Action: ["kms:Decrypt", ...dataKeys],
              Resource: "*",
            },
          ]),
    ],
  };
}
