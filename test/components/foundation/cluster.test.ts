import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { Foundation } from "../../../components/foundation/foundation.ts";
import { foundationOf, group } from "../../support/foundation.ts";
import { find, type Rendered, render } from "../../support/render.ts";

const system = group({ name: "system", role: "system" });
const admin = "arn:aws:iam::123456789012:role/platform-admin";

const rendered = (...args: Parameters<typeof foundationOf>) =>
  render(() => new Foundation("foundation", { plan: foundationOf(...args) }));

const ofType = (resources: readonly Rendered[], kind: string) =>
  resources.filter(({ type }) => type.endsWith(`:${kind}`));

describe("the control plane of prod", () => {
  let resources: Rendered[] = [];

  beforeAll(async () => {
    resources = await rendered("prod", [system], { cluster: { admins: [admin] } });
  });

  test("has its interfaces in the subnets without a way out, and no address on the internet", () => {
    expect(find(resources, "Cluster", "cluster").inputs.vpcConfig).toEqual({
      subnetIds: ["a-10.0.196.0/22", "b-10.0.212.0/22", "c-10.0.228.0/22"].map(
        (subnet) => `network-intra-${subnet}-id`,
      ),
      endpointPrivateAccess: true,
      endpointPublicAccess: false,
    });
  });

  test("logs all it does, into a group that is encrypted and ends", () => {
    expect(find(resources, "Cluster", "cluster").inputs.enabledClusterLogTypes).toEqual([
      "api",
      "audit",
      "authenticator",
      "controllerManager",
      "scheduler",
    ]);
    expect(find(resources, "LogGroup", "cluster-logs").inputs).toMatchObject({
      name: "/aws/eks/ai-platform-prod/cluster",
      retentionInDays: 90,
      kmsKeyId: "logs-arn",
    });
  });

  test("encrypts Secrets with a key that rotates", () => {
    expect(find(resources, "Cluster", "cluster").inputs.encryptionConfig).toEqual({
      provider: { keyArn: "cluster-arn" },
      resources: ["secrets"],
    });
    expect(find(resources, "Key", "cluster").inputs).toMatchObject({
      enableKeyRotation: true,
      deletionWindowInDays: 30,
    });
    expect(find(resources, "Alias", "cluster").inputs.name).toBe("alias/ai-platform-prod-cluster");
  });

  test("admits whoever made it and the administrators, by access entries alone", () => {
    expect(find(resources, "Cluster", "cluster").inputs.accessConfig).toEqual({
      authenticationMode: "API",
      bootstrapClusterCreatorAdminPermissions: true,
    });
    expect(ofType(resources, "AccessEntry").map(({ inputs }) => inputs.principalArn)).toEqual([admin]);
    expect(ofType(resources, "AccessPolicyAssociation").map(({ inputs }) => inputs)).toEqual([
      {
        clusterName: "ai-platform-prod",
        principalArn: admin,
        policyArn: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
        accessScope: { type: "cluster" },
      },
    ]);
  });

  test("comes without add-ons of its own, protected, able to leave a zone, and never upgraded by AWS", () => {
    expect(find(resources, "Cluster", "cluster").inputs).toMatchObject({
      bootstrapSelfManagedAddons: false,
      deletionProtection: true,
      zonalShiftConfig: { enabled: true },
      upgradePolicy: { supportType: "EXTENDED" },
      version: "1.36",
    });
  });

  test("lets the VPC in to the API server, and nobody else", () => {
    expect(ofType(resources, "SecurityGroupIngressRule").map(({ inputs }) => inputs)).toEqual([
      expect.objectContaining({
        securityGroupId: "cluster-security-group",
        cidrIpv4: "10.0.0.0/16",
        ipProtocol: "tcp",
        fromPort: 443,
        toPort: 443,
      }),
    ]);
  });
});

test("named ranges reach the API server over the internet, and no other", async () => {
  const resources = await rendered("dev", [system], { cluster: { publicAccessCidrs: ["203.0.113.0/24"] } });
  expect(find(resources, "Cluster", "cluster").inputs.vpcConfig).toMatchObject({
    endpointPublicAccess: true,
    publicAccessCidrs: ["203.0.113.0/24"],
  });
});

test("CloudWatch may encrypt the two log groups with the logs' key, and nothing with the cluster's", async () => {
  const resources = await rendered("dev", [system]);
  const statements = (key: string) => JSON.parse(find(resources, "Key", key).inputs.policy).Statement;
  expect(statements("cluster").map(({ Sid }: { Sid: string }) => Sid)).toEqual(["Account"]);
  expect(statements("logs")[1]).toMatchObject({
    Principal: { Service: "logs.us-east-1.amazonaws.com" },
    Condition: {
      ArnEquals: {
        "kms:EncryptionContext:aws:logs:arn": ofType(resources, "LogGroup").map(
          ({ inputs }) => `arn:aws:logs:us-east-1:123456789012:log-group:${inputs.name}`,
        ),
      },
    },
  });
  for (const key of ["cluster", "logs"]) {
    expect(statements(key)[0].Principal).toEqual({ AWS: "arn:aws:iam::123456789012:root" });
  }
});

describe("the cluster's kubeconfig", () => {
  afterEach(() => pulumi.runtime.setAllConfig({}));

  const kubeconfig = async () => {
    const resources = await rendered("dev", [system]);
    return JSON.parse(find(resources, "kubernetes", "kubernetes").inputs.kubeconfig);
  };

  test("asks the AWS command line for a token, and holds no credential", async () => {
    const { clusters, users } = await kubeconfig();
    expect(clusters).toEqual([
      {
        name: "ai-platform-dev",
        cluster: { server: "https://cluster.example.com", "certificate-authority-data": "Y2VydGlmaWNhdGU=" },
      },
    ]);
    expect(users[0].user).toEqual({
      exec: {
        apiVersion: "client.authentication.k8s.io/v1beta1",
        command: "aws",
        args: [
          "--region",
          "us-east-1",
          "eks",
          "get-token",
          "--cluster-name",
          "ai-platform-dev",
          "--output",
          "json",
        ],
        interactiveMode: "Never",
      },
    });
  });

  test("goes by the stack's profile and role, so that it is the same account", async () => {
    pulumi.runtime.setAllConfig({
      "aws:profile": "platform",
      "aws:assumeRoles": JSON.stringify([{ roleArn: "arn:aws:iam::123456789012:role/deployer" }]),
    });
    const { users } = await kubeconfig();
    expect(users[0].user.exec.args.slice(-2)).toEqual([
      "--role-arn",
      "arn:aws:iam::123456789012:role/deployer",
    ]);
    expect(users[0].user.exec.args.slice(0, 4)).toEqual(["--region", "us-east-1", "--profile", "platform"]);
  });
});
