import { beforeAll, describe, expect, test } from "vitest";
import { Foundation } from "../../../components/foundation/foundation.ts";
import { foundationOf, group } from "../../support/foundation.ts";
import { find, type Rendered, render } from "../../support/render.ts";

const system = group({ name: "system", role: "system" });

const rendered = (...args: Parameters<typeof foundationOf>) =>
  render(() => new Foundation("foundation", { plan: foundationOf(...args) }));

const ofType = (resources: readonly Rendered[], kind: string) =>
  resources.filter(({ type }) => type.endsWith(`:${kind}`));

/** Subnets of 10.0.0.0/16, by the name of their tier and zone. */
const ranges: Readonly<Record<string, string>> = {
  "public-a": "10.0.192.0/22",
  "public-b": "10.0.208.0/22",
  "public-c": "10.0.224.0/22",
  "private-a": "10.0.0.0/18",
  "private-b": "10.0.64.0/18",
  "private-c": "10.0.128.0/18",
  "intra-a": "10.0.196.0/22",
  "intra-b": "10.0.212.0/22",
  "intra-c": "10.0.228.0/22",
};
const subnet = (name: string) => `network-${name}-${ranges[name]}`;

describe("in prod, over three zones", () => {
  let resources: Rendered[] = [];

  beforeAll(async () => {
    resources = await rendered("prod", [system]);
  });

  test("no subnet gives its members public addresses, and each says what it is for", () => {
    const subnets = ofType(resources, "Subnet");
    expect(subnets).toHaveLength(9);
    for (const { inputs, name } of subnets) expect(inputs.mapPublicIpOnLaunch, name).toBe(false);
    const tags = (name: string) => find(resources, "Subnet", name).inputs.tags;
    expect(tags(subnet("public-a"))).toMatchObject({
      "kubernetes.io/role/elb": "1",
      Name: "ai-platform-prod-vpc-public-a",
      Project: "ai-platform",
    });
    expect(tags(subnet("private-a"))).toMatchObject({
      "kubernetes.io/role/internal-elb": "1",
      "kubernetes.io/cluster/ai-platform-prod": "shared",
    });
  });

  test("each zone's nodes get out by the zone's own gateway, and subnets without a way out have no route", () => {
    expect(ofType(resources, "NatGateway")).toHaveLength(3);
    const routes = ofType(resources, "Route").map(({ inputs, name }) => [
      name,
      inputs.routeTableId,
      inputs.natGatewayId ?? inputs.gatewayId,
    ]);
    expect(routes).toEqual([
      ...["a", "b", "c"].map((zone) => [
        `network-private-${zone}`,
        `network-private-${zone}-id`,
        `network-nat-public-${zone}-id`,
      ]),
      ["network-public", "network-public-id", "network-id"],
    ]);
  });

  test("every subnet has the table of its tier", () => {
    const tables = ofType(resources, "RouteTableAssociation").map(({ inputs }) => [
      inputs.subnetId,
      inputs.routeTableId,
    ]);
    expect(Object.fromEntries(tables)).toEqual(
      Object.fromEntries(
        ["a", "b", "c"].flatMap((zone) => [
          [`${subnet(`public-${zone}`)}-id`, "network-public-id"],
          [`${subnet(`private-${zone}`)}-id`, `network-private-${zone}-id`],
          [`${subnet(`intra-${zone}`)}-id`, "network-intra-id"],
        ]),
      ),
    );
  });

  test("S3 is reached from every table without a gateway", () => {
    expect(find(resources, "VpcEndpoint", "network-s3").inputs).toMatchObject({
      vpcEndpointType: "Gateway",
      serviceName: "com.amazonaws.us-east-1.s3",
      routeTableIds: [
        "network-public-id",
        "network-intra-id",
        "network-private-a-id",
        "network-private-b-id",
        "network-private-c-id",
      ],
    });
  });

  test("half of each private subnet is kept for prefixes of pods", () => {
    const reservations = ofType(resources, "SubnetCidrReservation");
    expect(reservations.map(({ inputs }) => `${inputs.subnetId} ${inputs.cidrBlock}`)).toEqual([
      `${subnet("private-a")}-id 10.0.16.0/20`,
      `${subnet("private-a")}-id 10.0.32.0/20`,
      `${subnet("private-b")}-id 10.0.80.0/20`,
      `${subnet("private-b")}-id 10.0.96.0/20`,
      `${subnet("private-c")}-id 10.0.144.0/20`,
      `${subnet("private-c")}-id 10.0.160.0/20`,
    ]);
    expect(new Set(reservations.map(({ inputs }) => inputs.reservationType))).toEqual(new Set(["prefix"]));
  });

  test("the default security group lets nothing through, and the default network ACL is left alone", () => {
    expect(find(resources, "DefaultSecurityGroup", "network").inputs).toMatchObject({
      ingress: [],
      egress: [],
    });
    expect(ofType(resources, "DefaultNetworkAcl")).toEqual([]);
    expect(ofType(resources, "NetworkAcl")).toEqual([]);
  });

  test("every connection is recorded for 90 days, encrypted, by a role that can do nothing else", () => {
    expect(find(resources, "FlowLog", "network").inputs).toMatchObject({
      vpcId: "network-10.0.0.0/16-id",
      trafficType: "ALL",
      logDestination: "network-flow-logs-arn",
      iamRoleArn: "network-flow-logs-arn",
    });
    expect(find(resources, "LogGroup", "network-flow-logs").inputs).toMatchObject({
      name: "ai-platform-prod-vpc-flow-logs",
      retentionInDays: 90,
      kmsKeyId: "logs-arn",
    });
  });
});

test("in dev two zones share one gateway, in the first", async () => {
  const resources = await rendered("dev", [system]);
  expect(ofType(resources, "NatGateway").map(({ inputs }) => inputs.subnetId)).toEqual([
    `${subnet("public-a")}-id`,
  ]);
  expect(ofType(resources, "Eip")).toHaveLength(1);
  const exits = ofType(resources, "Route").map(({ inputs }) => inputs.natGatewayId);
  expect(exits.filter(Boolean)).toEqual(["network-nat-public-a-id", "network-nat-public-a-id"]);
});

test("interface endpoints stand in the subnets without a way out, open for HTTPS from the VPC only", async () => {
  const resources = await rendered("dev", [system], { network: { interfaceEndpoints: ["ecr.api", "sts"] } });
  const endpoints = ofType(resources, "VpcEndpoint").filter(
    ({ inputs }) => inputs.vpcEndpointType === "Interface",
  );
  expect(endpoints.map(({ inputs }) => inputs.serviceName)).toEqual([
    "com.amazonaws.us-east-1.ecr.api",
    "com.amazonaws.us-east-1.sts",
  ]);
  for (const { inputs } of endpoints) {
    expect(inputs).toMatchObject({
      subnetIds: [`${subnet("intra-a")}-id`, `${subnet("intra-b")}-id`],
      securityGroupIds: ["network-endpoints-id"],
      privateDnsEnabled: true,
    });
  }
  const rules = ofType(resources, "SecurityGroupIngressRule").filter(
    ({ inputs }) => inputs.securityGroupId === "network-endpoints-id",
  );
  expect(
    rules.map(({ inputs }) => [inputs.cidrIpv4, inputs.ipProtocol, inputs.fromPort, inputs.toPort]),
  ).toEqual([["10.0.0.0/16", "tcp", 443, 443]]);
});

test("without interface endpoints there is no security group for them", async () => {
  expect(ofType(await rendered("dev", [system]), "SecurityGroup")).toEqual([]);
});
