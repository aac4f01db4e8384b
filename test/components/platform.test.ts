import { describe, expect, test } from "vitest";
import { repoRoot } from "../../sandbox/lib/paths.ts";
import { describeEnvironment } from "../../stacks/environments.ts";
import { awsSpec, identityService } from "../support/foundation.ts";
import { find } from "../support/render.ts";
import { planOf, renderPlatform, renderStack } from "../support/stacks.ts";

describe("local", () => {
  test("renders exactly these pods", async () => {
    const resources = await renderStack("local");
    const pods = resources
      .filter(({ inputs }) => inputs.spec?.template)
      .map(({ inputs, name, type }) => ({ name: `${type} ${name}`, spec: inputs.spec }));
    expect(pods).toMatchSnapshot();
  });

  test("MLflow gets its database's URL from a secret, never in an argument", async () => {
    const resources = await renderStack("local");
    const { env, command } = find(resources, "Deployment", "mlflow").inputs.spec.template.spec.containers[0];
    expect(env).toContainEqual({
      name: "MLFLOW_BACKEND_STORE_URI",
      valueFrom: { secretKeyRef: { name: "mlflow-database-generated", key: "url" } },
    });
    expect(command.join(" ")).not.toMatch(/postgresql/);
    const database = find(resources, "Secret", "mlflow-database");
    expect(database.secrets).toEqual(["stringData"]);
    expect(database.inputs.stringData.url).toBe(
      "postgresql+psycopg2://mlflow:databases-mlflow-random@postgres.ai-data.svc.cluster.local:5432/mlflow",
    );
  });

  test("the object store's user may use its bucket and nothing else", async () => {
    const resources = await renderStack("local");
    const { stringData } = find(resources, "Secret", "artifacts-identities").inputs;
    const { identities } = JSON.parse(stringData["s3.json"]);
    expect(identities[0].actions).toEqual(["Read:mlflow", "Write:mlflow", "List:mlflow", "Tagging:mlflow"]);
    expect(identities[0].credentials[0].accessKey).not.toBe(identities[1].credentials[0].accessKey);
  });
});

describe("local, described otherwise", () => {
  const local = describeEnvironment("local", repoRoot);
  if (local.environment !== "local") throw new Error("not local");

  test("has each object in a namespace that there is, without models too", async () => {
    for (const models of [local.models, {}]) {
      const resources = await renderPlatform({ ...local, models });
      const namespaces = resources
        .filter(({ type }) => type.endsWith(":Namespace"))
        .map(({ inputs }) => inputs.metadata.name);
      const used = resources.flatMap(({ inputs }) => inputs.metadata?.namespace ?? []);
      expect(namespaces).toContain("ai-monitoring");
      expect([...namespaces, "kube-system"]).toEqual(expect.arrayContaining([...new Set(used)]));
    }
  });

  test("lets the gateway in to models without keys where somebody is asked about requests", async () => {
    const gatewayOf = async (access: typeof local.access) => {
      const resources = await renderPlatform({ ...local, access });
      const { ingress } = find(resources, "NetworkPolicy", "tinyllama").inputs.spec;
      const { egress } = find(resources, "NetworkPolicy", "gateway").inputs.spec;
      const routed = resources.some(({ name, type }) => type.endsWith(":Ingress") && name === "tinyllama");
      return [
        JSON.stringify(ingress).includes("ai-gateway"),
        JSON.stringify(egress).includes("tinyllama"),
        routed,
      ];
    };
    const { forwardAuth } = awsSpec("dev", {
      access: { forwardAuth: identityService },
    }).access;
    expect(await gatewayOf({ ...local.access, forwardAuth })).toEqual([true, true, true]);
    expect(await gatewayOf(local.access)).toEqual([false, false, false]);
  });
});

describe("AWS environments", () => {
  test("keep artifacts in a private, encrypted, versioned bucket that only MLflow's service account may use", async () => {
    const resources = await renderStack("prod");
    const { tags } = planOf("prod");
    expect(find(resources, "Bucket", "mlflow").inputs).toMatchObject({ forceDestroy: false, tags });
    expect(find(resources, "BucketPublicAccessBlock", "mlflow").inputs).toMatchObject({
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    expect(find(resources, "BucketVersioning", "mlflow").inputs.versioningConfiguration.status).toBe(
      "Enabled",
    );
    expect(find(resources, "PodIdentityAssociation", "artifacts").inputs).toMatchObject({
      clusterName: "ai-platform-prod",
      namespace: "ai-tracking",
      serviceAccount: "mlflow",
    });
    const mlflow = find(resources, "Deployment", "mlflow").inputs.spec.template.spec;
    expect(mlflow.serviceAccountName).toBe("mlflow");
    expect(mlflow.containers[0].env.map(({ name }: { name: string }) => name)).not.toContain(
      "AWS_ACCESS_KEY_ID",
    );
  });

  test("MLflow reaches its database in RDS by TLS, in the subnets that it is in and nowhere else", async () => {
    const resources = await renderStack("dev");
    const { containers } = find(resources, "Deployment", "mlflow").inputs.spec.template.spec;
    expect(containers[0].env).toContainEqual({ name: "PGSSLMODE", value: "verify-full" });
    expect(find(resources, "Secret", "mlflow-database").inputs.stringData.url).toBe(
      "postgresql+psycopg2://mlflow:databases-mlflow-random@postgres.example.com:5432/mlflow",
    );
    expect(find(resources, "SubnetGroup", "postgres").inputs.subnetIds).toEqual([
      "network-intra-a-10.0.196.0/22-id",
      "network-intra-b-10.0.212.0/22-id",
    ]);
    for (const name of ["mlflow", "mlflow-migration", "databases"]) {
      const { egress } = find(resources, "NetworkPolicy", name).inputs.spec;
      expect(egress[0], name).toEqual({
        to: [{ ipBlock: { cidr: "10.0.196.0/22" } }, { ipBlock: { cidr: "10.0.212.0/22" } }],
        ports: [{ protocol: "TCP", port: 5432 }],
      });
    }
    expect(find(resources, "SecurityGroupIngressRule", "postgres").inputs).toMatchObject({
      referencedSecurityGroupId: "cluster-security-group",
    });
  });
});
