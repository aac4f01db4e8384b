import { describe, expect, test } from "vitest";
import { regions } from "../../../catalog/ec2/instances.ts";
import { partitionOf } from "../../../catalog/partitions.ts";
import { replicaRegionOf } from "../../../catalog/replicaRegions.ts";
import { bucketNameOf } from "../../../planning/data/buckets.ts";
import { bucketCount, dataKeysOf, planData } from "../../../planning/data/data.ts";
import { planServices } from "../../../planning/services.ts";
import { awsSpec } from "../../support/foundation.ts";

const environments = ["dev", "staging", "prod"] as const;

describe("buckets", () => {
  test("of prod can't be deleted where their objects can't be made again; others may go", () => {
    const kept = environments.map((environment) =>
      planData(awsSpec(environment))
        .buckets.filter(({ protectState }) => protectState)
        .map(({ purpose }) => purpose),
    );
    expect(kept).toEqual([[], [], ["dvc", "mlflow", "models"]]);
  });

  test("that can't be made again are all versioned, everywhere, and never expire", () => {
    for (const environment of environments) {
      for (const { lifecycle, purpose, versioned } of planData(awsSpec(environment)).buckets) {
        expect(versioned, purpose).toBe(["dvc", "mlflow", "models"].includes(purpose));
        expect(lifecycle.expireAfter === undefined, purpose).toBe(versioned);
        expect(lifecycle.expireOldVersionsAfter !== undefined, purpose).toBe(versioned);
      }
    }
  });

  test("have a name that MLflow's server gets as well, whatever the spec calls it", () => {
    for (const overrides of [
      {},
      { tracking: { bucket: "acme-runs" } },
      { storage: { bucketPrefix: "acme" } },
    ]) {
      const spec = awsSpec("prod", overrides);
      const planned = planData(spec).buckets.find(({ purpose }) => purpose === "mlflow")?.name;
      expect(planServices(spec).artifacts.bucket).toBe(planned);
    }
    expect(bucketNameOf(awsSpec("prod", { storage: { bucketPrefix: "acme" } }), "dvc")).toBe("acme-dvc");
  });

  test("of the longest project name are still names of buckets, and all differ", () => {
    const spec = awsSpec("staging", {
      ownership: { project: "a".repeat(40), owner: "team", costCenter: "ml" },
      storage: { replicaRegion: "eu-west-1" },
    });
    const { buckets } = planData(spec);
    const names = buckets.flatMap(({ name, replica }) => [name, ...(replica ? [replica.name] : [])]);
    expect(new Set(names).size).toBe(7);
    for (const name of names) expect(name).toMatch(/^[a-z0-9-]{3,63}$/);
  });
});

describe("copies", () => {
  test("are made in prod only, 7 buckets and 2 keys instead of 6 and 1", () => {
    const counted = environments.map((environment) => {
      const data = planData(awsSpec(environment));
      return [environment, data.replication?.region, bucketCount(data), dataKeysOf(data).length];
    });
    expect(counted).toEqual([
      ["dev", undefined, 6, 1],
      ["staging", undefined, 6, 1],
      ["prod", "us-west-2", 7, 2],
    ]);
  });

  test("are not made in a region without a neighbour under the same law, unless one is named", () => {
    const data = planData(awsSpec("prod", { cloud: { region: "sa-east-1" } }));
    expect([data.replication, bucketCount(data)]).toEqual([undefined, 6]);
  });

  test("stay in the partition, and never where the original is", () => {
    const pairs = regions.map((region) => [region, replicaRegionOf(region)] as const);
    expect(pairs.filter(([, replica]) => replica !== undefined).length).toBeGreaterThan(10);
    for (const [region, replica] of pairs) {
      if (replica === undefined) continue;
      expect(regions, region).toContain(replica);
      expect(replica).not.toBe(region);
      expect(partitionOf(replica)).toBe(partitionOf(region));
    }
  });

  test("are written by a role that can use one key to read and the other to write, through S3 only", () => {
    const policies = planData(awsSpec("prod")).replication?.role.policies ?? {};
    expect(Object.keys(policies)).toEqual(["ai-platform-prod-dvc"]);
    const { Statement = [] } = policies["ai-platform-prod-dvc"] ?? {};
    const keys = Statement.filter(({ Action }) => Action.some((action) => action.startsWith("kms:")));
    expect(keys.map(({ Action, Condition, Resource }) => [Action, Resource, Condition])).toEqual([
      [
        ["kms:Decrypt"],
        ["arn:aws:kms:us-east-1:*:key/*"],
        {
          "ForAnyValue:StringEquals": { "kms:ResourceAliases": "alias/ai-platform-prod-data" },
          StringEquals: { "kms:ViaService": "s3.us-east-1.amazonaws.com" },
        },
      ],
      [
        ["kms:Encrypt", "kms:GenerateDataKey"],
        ["arn:aws:kms:us-west-2:*:key/*"],
        {
          "ForAnyValue:StringEquals": { "kms:ResourceAliases": "alias/ai-platform-prod-data-replica" },
          StringEquals: { "kms:ViaService": "s3.us-west-2.amazonaws.com" },
        },
      ],
    ]);
  });
});
