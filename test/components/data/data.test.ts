import { beforeAll, describe, expect, test } from "vitest";
import { Data } from "../../../components/data/data.ts";
import { planData } from "../../../planning/data/data.ts";
import { tagsByComponent } from "../../../planning/ownership.ts";
import type { AwsPlatformInput } from "../../../spec/platform.ts";
import { awsSpec } from "../../support/foundation.ts";
import { find, type Rendered, render } from "../../support/render.ts";

const rendered = (environment: "dev" | "prod", overrides: Partial<AwsPlatformInput> = {}) => {
  const spec = awsSpec(environment, overrides);
  return render(
    () =>
      new Data("data", {
        plan: planData(spec),
        region: spec.cloud.region,
        tags: tagsByComponent(spec),
        protectState: environment === "prod",
      }),
  );
};

const ofType = (resources: readonly Rendered[], kind: string) =>
  resources.filter(({ type }) => type.endsWith(`:${kind}`));

const bucketNames = ["dvc", "mlflow", "models", "airflow-logs", "beam-staging", "access-logs"];

describe("in prod", () => {
  let resources: Rendered[] = [];

  beforeAll(async () => {
    resources = await rendered("prod");
  });

  const buckets = () => ofType(resources, "Bucket").map(({ name }) => name);

  test("there is a bucket for every purpose, and a copy of DVC's in another region", () => {
    expect(buckets().sort()).toEqual([...bucketNames, "dvc-replica"].sort());
    const { inputs } = find(resources, "Bucket", "dvc-replica");
    expect(inputs).toMatchObject({ bucket: "ai-platform-prod-dvc-replica", region: "us-west-2" });
  });

  test("every bucket is closed to the public, owned by its account and never emptied to be deleted", () => {
    for (const name of buckets()) {
      expect(find(resources, "Bucket", name).inputs, name).toMatchObject({
        forceDestroy: false,
        tags: { Project: "ai-platform", Component: "storage" },
      });
      expect(find(resources, "BucketPublicAccessBlock", name).inputs, name).toMatchObject({
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      });
      expect(find(resources, "BucketOwnershipControls", name).inputs.rule, name).toEqual({
        objectOwnership: "BucketOwnerEnforced",
      });
    }
  });

  test("all parts of a bucket are in its region", () => {
    const parts = resources.filter(({ type }) => type.startsWith("aws:s3/"));
    expect(parts.length).toBeGreaterThan(7 * 6);
    for (const { inputs, name, type } of parts) {
      expect(inputs.region, `${type} ${name}`).toBe(name === "dvc-replica" ? "us-west-2" : "us-east-1");
    }
  });

  test("objects are encrypted with the key of their region; access logs with S3's, which delivers to no other", () => {
    const encryption = buckets().map((name) => {
      const [rule] = find(resources, "BucketServerSideEncryptionConfiguration", name).inputs.rules;
      const { kmsMasterKeyId, sseAlgorithm } = rule.applyServerSideEncryptionByDefault;
      return [name, sseAlgorithm, kmsMasterKeyId];
    });
    expect(Object.fromEntries(encryption.map(([name, ...rest]) => [name, rest]))).toEqual({
      ...Object.fromEntries(bucketNames.map((name) => [name, ["aws:kms", "data-arn"]])),
      "dvc-replica": ["aws:kms", "data-replica-arn"],
      "access-logs": ["AES256", undefined],
    });
    const keys = ofType(resources, "Key").map(({ inputs, name }) => [name, inputs.region]);
    expect(keys).toEqual([
      ["data", undefined],
      ["data-replica", "us-west-2"],
    ]);
  });

  test("what can't be made again is versioned and kept, the rest goes by itself", () => {
    const versioned = ofType(resources, "BucketVersioning");
    expect(versioned.map(({ name }) => name)).toEqual(["dvc", "dvc-replica", "mlflow", "models"]);
    for (const { inputs } of versioned) expect(inputs.versioningConfiguration).toEqual({ status: "Enabled" });
    const rules = buckets().map((name) => {
      const { rules } = find(resources, "BucketLifecycleConfiguration", name).inputs;
      expect(rules, name).toHaveLength(1);
      expect(rules[0], name).toMatchObject({
        status: "Enabled",
        filter: {},
        abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
      });
      return [name, rules[0].expiration, rules[0].noncurrentVersionExpiration?.noncurrentDays];
    });
    const markers = { expiredObjectDeleteMarker: true };
    expect(rules.sort()).toEqual(
      [
        ["access-logs", { days: 90 }, undefined],
        ["airflow-logs", { days: 90 }, undefined],
        ["beam-staging", { days: 7 }, undefined],
        ["dvc", markers, 90],
        ["dvc-replica", markers, 90],
        ["mlflow", markers, 90],
        ["models", markers, 30],
      ].sort(),
    );
  });

  test("nobody uses a bucket without TLS 1.2, and only logs of this account's are delivered, to their own place", () => {
    for (const name of buckets()) {
      const { Statement } = JSON.parse(find(resources, "BucketPolicy", name).inputs.policy);
      const arn = `arn:aws:s3:::ai-platform-prod-${name}`;
      expect(Statement.slice(0, 2), name).toEqual([
        expect.objectContaining({
          Effect: "Deny",
          Principal: "*",
          Action: ["s3:*"],
          Resource: [arn, `${arn}/*`],
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        }),
        expect.objectContaining({
          Effect: "Deny",
          Principal: "*",
          Action: ["s3:*"],
          Resource: [arn, `${arn}/*`],
          Condition: { NumericLessThan: { "s3:TlsVersion": "1.2" } },
        }),
      ]);
      if (name !== "access-logs") expect(Statement, name).toHaveLength(2);
    }
    const { Statement } = JSON.parse(find(resources, "BucketPolicy", "access-logs").inputs.policy);
    const allowed = Statement.filter(({ Effect }: { Effect: string }) => Effect === "Allow");
    expect(
      allowed.map(({ Action, Principal, Resource }: Record<string, unknown>) => [
        Principal,
        Action,
        Resource,
      ]),
    ).toEqual([
      [
        { Service: "logging.s3.amazonaws.com" },
        ["s3:PutObject"],
        ["arn:aws:s3:::ai-platform-prod-access-logs/s3/*"],
      ],
      [
        { Service: "delivery.logs.amazonaws.com" },
        ["s3:GetBucketAcl"],
        ["arn:aws:s3:::ai-platform-prod-access-logs"],
      ],
      [
        { Service: "delivery.logs.amazonaws.com" },
        ["s3:PutObject"],
        ["arn:aws:s3:::ai-platform-prod-access-logs/load-balancer/AWSLogs/123456789012/*"],
      ],
    ]);
    for (const { Condition, Sid } of allowed) {
      expect(Condition.StringEquals["aws:SourceAccount"], Sid).toBe("123456789012");
      expect(Condition.ArnLike["aws:SourceArn"], Sid).toBeDefined();
    }
    expect(allowed[0].Condition.ArnLike["aws:SourceArn"]).toEqual(
      bucketNames.slice(0, 5).map((name) => `arn:aws:s3:::ai-platform-prod-${name}`),
    );
  });

  test("every bucket's access is logged, but that of the logs, which would log itself, and of the copy", () => {
    const logging = ofType(resources, "BucketLogging");
    expect(logging.map(({ name }) => name)).toEqual([
      "airflow-logs",
      "beam-staging",
      "dvc",
      "mlflow",
      "models",
    ]);
    for (const { inputs, name } of logging) {
      expect(inputs.targetBucket).toBe("ai-platform-prod-access-logs");
      expect(inputs.targetPrefix).toBe(`s3/ai-platform-prod-${name}/`);
    }
  });

  test("DVC's bucket is copied whole, by a role that may read one and write the other", () => {
    expect(ofType(resources, "BucketReplicationConfig")).toHaveLength(1);
    const { bucket, role, rules } = find(resources, "BucketReplicationConfig", "dvc").inputs;
    expect([bucket, role]).toEqual(["ai-platform-prod-dvc", "bucket-replication-arn"]);
    expect(rules).toEqual([
      expect.objectContaining({
        status: "Enabled",
        filter: { prefix: "" },
        deleteMarkerReplication: { status: "Enabled" },
        sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: "Enabled" } },
        destination: {
          bucket: "dvc-replica-arn",
          storageClass: "STANDARD_IA",
          encryptionConfiguration: { replicaKmsKeyId: "data-replica-arn" },
        },
      }),
    ]);
    const { assumeRolePolicy } = find(resources, "Role", "bucket-replication").inputs;
    expect(JSON.parse(assumeRolePolicy).Statement[0].Principal).toEqual({ Service: "s3.amazonaws.com" });
  });

  test("images are pushed once, scanned, encrypted with our key, and go when they are old", () => {
    const repository = find(resources, "Repository", "experiments").inputs;
    expect(repository).toMatchObject({
      name: "ai-platform-prod/experiments",
      imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfigurations: [{ encryptionType: "KMS", kmsKey: "data-arn" }],
      forceDelete: false,
    });
    const { rules } = JSON.parse(find(resources, "LifecyclePolicy", "experiments").inputs.policy);
    expect(rules.map(({ selection }: { selection: object }) => selection)).toEqual([
      { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days", countNumber: 7 },
      { tagStatus: "any", countType: "imageCountMoreThan", countNumber: 30 },
    ]);
  });
});

describe("in dev", () => {
  test("buckets go with what can be had again, and stay with what people put there", async () => {
    const resources = await rendered("dev");
    const stays = ofType(resources, "Bucket").filter(({ inputs }) => !inputs.forceDestroy);
    expect(stays.map(({ name }) => name).sort()).toEqual(["dvc", "mlflow"]);
  });

  test("nothing is copied, and logs go after a week", async () => {
    const resources = await rendered("dev");
    expect(ofType(resources, "BucketReplicationConfig")).toEqual([]);
    expect(ofType(resources, "Key").map(({ name }) => name)).toEqual(["data"]);
    const { rules } = find(resources, "BucketLifecycleConfiguration", "airflow-logs").inputs;
    expect(rules[0].expiration).toEqual({ days: 7 });
    expect(find(resources, "Repository", "experiments").inputs.forceDelete).toBe(true);
  });

  test("without Airflow there is no bucket for its logs", async () => {
    const resources = await rendered("dev", { pipelines: { airflow: false } });
    expect(ofType(resources, "Bucket").map(({ name }) => name)).not.toContain("airflow-logs");
  });

  test("a copy that is asked for is made where it is asked for", async () => {
    const resources = await rendered("dev", {
      storage: { replicaRegion: "eu-west-1", bucketPrefix: "acme-ml" },
    });
    expect(find(resources, "Bucket", "dvc-replica").inputs).toMatchObject({
      bucket: "acme-ml-dvc-replica",
      region: "eu-west-1",
    });
  });
});

test("its key encrypts the database's logs where RDS writes them, and no others", async () => {
  const allowed = async (postgres: AwsPlatformInput["postgres"]) => {
    const { policy } = find(await rendered("dev", { postgres }), "Key", "data").inputs;
    const statements: { Sid: string; Condition?: object }[] = JSON.parse(policy).Statement;
    return statements.find(({ Sid }) => Sid === "CloudWatchLogs")?.Condition;
  };
  const group = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/rds/instance/ai-platform-dev-postgres";
  expect(await allowed({})).toEqual({
    ArnEquals: { "kms:EncryptionContext:aws:logs:arn": [`${group}/postgresql`, `${group}/upgrade`] },
  });
  expect(await allowed({ deployment: "in-cluster" })).toBeUndefined();
});
