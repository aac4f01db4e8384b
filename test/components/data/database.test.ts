import { describe, expect, test } from "vitest";
import { Database } from "../../../components/data/database.ts";
import { databaseWarnings, planDatabase } from "../../../planning/data/database.ts";
import { tagsFor } from "../../../planning/ownership.ts";
import { awsSpec } from "../../support/foundation.ts";
import { find, render } from "../../support/render.ts";

const rendered = (environment: "dev" | "prod") => {
  const spec = awsSpec(environment);
  return render(
    () =>
      new Database("postgres", {
        plan: planDatabase(spec, { vectorsGiB: 0, vectorsMiB: 0 }),
        vpcId: "vpc",
        subnetIds: ["intra-a", "intra-b"],
        clientsSecurityGroupId: "cluster-security-group",
        keyArn: "data-arn",
        tags: tagsFor(spec, "database"),
        protectState: environment === "prod",
      }),
  );
};

describe("the database", () => {
  test("is encrypted throughout, has no public address, and stands where there is no way out", async () => {
    const resources = await rendered("prod");
    expect(find(resources, "Instance", "postgres").inputs).toMatchObject({
      storageEncrypted: true,
      kmsKeyId: "data-arn",
      performanceInsightsKmsKeyId: "data-arn",
      publiclyAccessible: false,
      iamDatabaseAuthenticationEnabled: true,
      vpcSecurityGroupIds: ["postgres-id"],
      caCertIdentifier: "rds-ca-rsa2048-g1",
      tags: { Component: "database", Environment: "prod" },
    });
    expect(find(resources, "SubnetGroup", "postgres").inputs.subnetIds).toEqual(["intra-a", "intra-b"]);
    for (const kind of ["postgresql", "upgrade"]) {
      expect(find(resources, "LogGroup", `postgres-${kind}`).inputs).toMatchObject({
        name: `/aws/rds/instance/ai-platform-prod-postgres/${kind}`,
        kmsKeyId: "data-arn",
        retentionInDays: 90,
      });
    }
  });

  test("has a password that only RDS knows", async () => {
    const { inputs } = find(await rendered("dev"), "Instance", "postgres");
    expect(inputs).toMatchObject({ manageMasterUserPassword: true, masterUserSecretKmsKeyId: "data-arn" });
    expect(Object.keys(inputs).filter((key) => /^password/.test(key))).toEqual([]);
  });

  test("lets in nobody but the cluster, on its port", async () => {
    const resources = await rendered("dev");
    const rules = resources.filter(({ type }) => type.endsWith("gressRule"));
    expect(rules.map(({ inputs }) => inputs)).toEqual([
      expect.objectContaining({
        securityGroupId: "postgres-id",
        referencedSecurityGroupId: "cluster-security-group",
        ipProtocol: "tcp",
        fromPort: 5432,
        toPort: 5432,
      }),
    ]);
    expect(find(resources, "SecurityGroup", "postgres").inputs).not.toHaveProperty("ingress");
  });

  test("takes nobody without TLS, and logs no values of statements", async () => {
    const { family, parameters } = find(await rendered("dev"), "ParameterGroup", "postgres").inputs;
    expect(family).toBe("postgres16");
    const values = parameters.map(({ name, value }: Record<string, string>) => [name, value]);
    expect(Object.fromEntries(values)).toMatchObject({
      "rds.force_ssl": "1",
      ssl_min_protocol_version: "TLSv1.2",
      log_parameter_max_length: "0",
      log_parameter_max_length_on_error: "0",
    });
  });

  test("of prod has a standby, 30 days of backups, and leaves a snapshot; dev's goes without a trace", async () => {
    const prod = find(await rendered("prod"), "Instance", "postgres").inputs;
    expect(prod).toMatchObject({
      multiAz: true,
      backupRetentionPeriod: 30,
      deletionProtection: true,
      deleteAutomatedBackups: false,
      skipFinalSnapshot: false,
      finalSnapshotIdentifier: "ai-platform-prod-postgres-final",
      instanceClass: "db.m7g.large",
    });
    const dev = find(await rendered("dev"), "Instance", "postgres").inputs;
    expect(dev).toMatchObject({
      multiAz: false,
      backupRetentionPeriod: 7,
      deletionProtection: false,
      deleteAutomatedBackups: true,
      skipFinalSnapshot: true,
      instanceClass: "db.t4g.medium",
    });
  });
});

describe("its size", () => {
  const planned = (environment: "dev" | "staging" | "prod", vectorsMiB: number, storageGi = 20) =>
    planDatabase(awsSpec(environment, { postgres: { storageGi } }), { vectorsMiB, vectorsGiB: 0 });

  test("is the cheapest with 4 GiB and room for the vectors, else the largest", () => {
    const classes = [0, 4096, 4097, 12_288, 12_289, 60 * 1024, 60 * 1024 + 1].map((vectorsMiB) => [
      planned("dev", vectorsMiB).instanceClass,
      planned("prod", vectorsMiB).instanceClass,
    ]);
    expect(classes).toEqual([
      ["db.t4g.medium", "db.m7g.large"],
      ["db.t4g.large", "db.m7g.large"],
      ["db.r7g.large", "db.r7g.large"],
      ["db.r7g.large", "db.r7g.large"],
      ["db.r7g.xlarge", "db.r7g.xlarge"],
      ["db.r7g.2xlarge", "db.r7g.2xlarge"],
      ["db.r7g.2xlarge", "db.r7g.2xlarge"],
    ]);
  });

  test("is warned about where vectors don't fit", () => {
    expect(databaseWarnings(planned("prod", 60 * 1024), "us-east-1")).toEqual([]);
    expect(databaseWarnings(planned("prod", 61 * 1024), "us-east-1")).toEqual([
      expect.stringContaining(
        "db.r7g.2xlarge has 64.0 GiB of memory, and PostgreSQL with its vectors wants 65.0 GiB",
      ),
    ]);
  });

  test("of the disk is at least RDS's 20 GiB, and grows to four times that and no more than 64 TiB", () => {
    const disks = [undefined, 100, 16_384].map((gib) => planned("dev", 0, gib).storage);
    expect(disks).toEqual([
      { gib: 20, maxGiB: 80 },
      { gib: 100, maxGiB: 400 },
      { gib: 16_384, maxGiB: 65_536 },
    ]);
    const withVectors = planDatabase(awsSpec("dev"), { vectorsMiB: 0, vectorsGiB: 12 });
    expect(withVectors.storage.gib).toBe(32);
  });

  test("and all that RDS does are the description's, where it says so", () => {
    const postgres = { instanceClass: "db.r6g.xlarge", multiAz: true, backupRetentionDays: 14 };
    const none = { vectorsMiB: 0, vectorsGiB: 0 };
    expect(planDatabase(awsSpec("dev", { postgres }), none)).toMatchObject({
      instanceClass: "db.r6g.xlarge",
      multiZone: true,
      backupDays: 14,
    });
    expect(planDatabase(awsSpec("prod", { postgres: { multiAz: false } }), none).multiZone).toBe(false);
  });
});
