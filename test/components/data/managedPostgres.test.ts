import { beforeAll, describe, expect, test } from "vitest";
import { rdsCertificate } from "../../../catalog/rds.ts";
import { renderManagedPostgres } from "../../support/managedPostgres.ts";
import { find, type Rendered } from "../../support/render.ts";

describe("the Job that makes databases in RDS", () => {
  let resources: Rendered[] = [];

  beforeAll(async () => {
    resources = await renderManagedPostgres();
  });

  const pod = () => find(resources, "Job", "databases").inputs.spec.template.spec;
  const env = (container: { env: { name: string; value?: string }[] }) =>
    Object.fromEntries(container.env.map(({ name, value }) => [name, value]));

  test("may read the master's secret, by its key, and nothing else", () => {
    const policies = resources.filter(({ type }) => type.endsWith(":RolePolicy"));
    expect(policies.map(({ inputs }) => JSON.parse(inputs.policy).Statement)).toEqual([
      [
        {
          Sid: "Read",
          Effect: "Allow",
          Action: ["secretsmanager:GetSecretValue"],
          Resource: ["postgres-master-arn"],
        },
        {
          Sid: "Decrypt",
          Effect: "Allow",
          Action: ["kms:Decrypt"],
          Resource: ["data-key-arn"],
          Condition: { StringEquals: { "kms:ViaService": "secretsmanager.us-east-1.amazonaws.com" } },
        },
      ],
    ]);
    expect(find(resources, "PodIdentityAssociation", "postgres-master").inputs).toMatchObject({
      namespace: "ai-data",
      serviceAccount: pod().serviceAccountName,
    });
    expect(find(resources, "ServiceAccount", "databases").inputs.metadata.name).toBe(
      pod().serviceAccountName,
    );
  });

  test("fetches the password in the pod, into memory: it is in no resource", () => {
    const [init] = pod().initContainers;
    expect(env(init)).toMatchObject({ SECRET: "postgres-master-arn", AWS_REGION: "us-east-1" });
    expect(env(pod().containers[0]).PGPASSFILE).toBe(env(init).PASSWORD_FILE);
    expect(Object.keys(env(pod().containers[0]))).not.toContain("PGPASSWORD");
    const volume = pod().volumes.find(({ name }: { name: string }) => name === "master");
    expect(volume.emptyDir.medium).toBe("Memory");
    const generated = resources.filter(({ type }) => type.startsWith("random:")).map(({ name }) => name);
    expect(generated.sort()).toEqual(["databases-mlflow", "databases-vectors"]);
  });

  test("checks the server's certificate against the authority of the region", () => {
    expect(env(pod().containers[0])).toMatchObject({
      PGHOST: "postgres.example.com",
      PGSSLMODE: "verify-full",
      PGSSLROOTCERT: "/etc/postgresql-authority/authority.pem",
    });
    expect(find(resources, "ConfigMap", "databases-authority").inputs.data).toEqual({
      "authority.pem": rdsCertificate("us-east-1"),
    });
  });

  test("gets out to the database's subnets and to AWS, and nothing gets in", () => {
    const { egress, ingress } = find(resources, "NetworkPolicy", "databases").inputs.spec;
    expect(ingress).toEqual([]);
    expect(egress[0]).toEqual({
      to: [{ ipBlock: { cidr: "10.0.196.0/22" } }, { ipBlock: { cidr: "10.0.212.0/22" } }],
      ports: [{ protocol: "TCP", port: 5432 }],
    });
    expect(egress.slice(1).map(({ ports }: { ports: object[] }) => ports)).toEqual([
      [{ protocol: "TCP", port: 443 }],
      [{ protocol: "TCP", port: 80 }],
    ]);
  });
});

test("without a certificate of the region, connections are still encrypted", async () => {
  const resources = await renderManagedPostgres("il-central-1");
  const [container] = find(resources, "Job", "databases").inputs.spec.template.spec.containers;
  expect(container.env).toContainEqual({ name: "PGSSLMODE", value: "require" });
  expect(resources.filter(({ name }) => name === "databases-authority")).toEqual([]);
});

test("people may sign in to this server only, as the user who reads", async () => {
  const { inputs } = find(await renderManagedPostgres(), "Policy", "postgres-read");
  expect(inputs.name).toBe("ai-platform-prod-postgres-read");
  expect(JSON.parse(inputs.policy).Statement).toEqual([
    {
      Sid: "SignIn",
      Effect: "Allow",
      Action: ["rds-db:connect"],
      Resource: ["arn:aws:rds-db:us-east-1:123456789012:dbuser:postgres-resource-id/reader"],
    },
  ]);
});
