import { beforeAll, describe, expect, test } from "vitest";
import { Edge } from "../../../components/edge/edge.ts";
import { tagsFor } from "../../../planning/ownership.ts";
import type { AwsPlatformInput } from "../../../spec/platform.ts";
import { certificateArn, edgeOf, zonedSpec } from "../../support/edge.ts";
import { find, type Rendered, render } from "../../support/render.ts";

const rendered = (environment: "dev" | "prod", gateway: Partial<AwsPlatformInput["gateway"]> = {}) => {
  const spec = zonedSpec(environment, gateway);
  return render(
    () =>
      new Edge("edge", {
        plan: edgeOf(spec),
        vpcId: "vpc",
        subnetIds: ["public-a", "public-b"],
        nodesSecurityGroupId: "nodes",
        autoscalingGroups: new Map([
          ["system", "eks-system"],
          ["cpu", "eks-cpu"],
        ]),
        accessLogsBucket: "logs",
        tags: tagsFor(spec, "network"),
        protectState: environment === "prod",
      }),
  );
};

const ofType = (resources: readonly Rendered[], kind: string) =>
  resources.filter(({ type }) => type.endsWith(`:${kind}`));

describe("the way in", () => {
  let resources: Rendered[] = [];

  beforeAll(async () => {
    resources = await rendered("prod");
  });

  test("is a network load balancer over all public subnets, with logs of who came", () => {
    expect(find(resources, "LoadBalancer", "edge").inputs).toMatchObject({
      name: "ai-platform-prod-edge",
      loadBalancerType: "network",
      internal: false,
      subnets: ["public-a", "public-b"],
      securityGroups: ["edge-id"],
      enableCrossZoneLoadBalancing: true,
      enableDeletionProtection: true,
      accessLogs: { enabled: true, bucket: "logs", prefix: "load-balancer" },
      tags: { Component: "network", Project: "ai-platform" },
    });
  });

  test("listens for TLS of 1.2 or newer on 443, with a certificate that is issued, and for nothing else", () => {
    expect(ofType(resources, "Listener").map(({ inputs }) => inputs)).toEqual([
      expect.objectContaining({
        port: 443,
        protocol: "TLS",
        sslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
        certificateArn: "edge-issued-arn",
        defaultActions: [{ type: "forward", targetGroupArn: "edge-arn" }],
      }),
    ]);
  });

  test("lets in HTTPS from anywhere, and lets nobody but the load balancer to Traefik's port", () => {
    const rules = resources
      .filter(({ type }) => type.endsWith("gressRule"))
      .map(({ inputs, type }) => [
        type.slice(type.lastIndexOf(":") + 1),
        inputs.securityGroupId,
        inputs.cidrIpv4 ?? inputs.referencedSecurityGroupId,
        inputs.fromPort,
        inputs.toPort,
      ]);
    expect(rules).toEqual([
      ["SecurityGroupEgressRule", "edge-id", "nodes", 30080, 30080],
      ["SecurityGroupIngressRule", "edge-id", "0.0.0.0/0", 443, 443],
      ["SecurityGroupIngressRule", "nodes", "edge-id", 30080, 30080],
    ]);
  });

  test("leads to the nodes of each Auto Scaling group, which drain longer than Traefik takes to stop", () => {
    expect(find(resources, "TargetGroup", "edge").inputs).toMatchObject({
      targetType: "instance",
      protocol: "TCP",
      port: 30080,
      preserveClientIp: "false",
      proxyProtocolV2: true,
      // As long as an answer may take, on a connection that may be 8 s old.
      deregistrationDelay: 608,
      healthCheck: { protocol: "TCP", port: "traffic-port" },
    });
    expect(
      ofType(resources, "Attachment").map(({ inputs }) => [
        inputs.autoscalingGroupName,
        inputs.lbTargetGroupArn,
      ]),
    ).toEqual([
      ["eks-cpu", "edge-arn"],
      ["eks-system", "edge-arn"],
    ]);
  });

  test("proves in the zone whose the host is, and answers by its name there", () => {
    expect(find(resources, "Certificate", "edge").inputs).toMatchObject({
      domainName: "ai.example.com",
      validationMethod: "DNS",
    });
    expect(find(resources, "Record", "edge-proof").inputs).toMatchObject({
      zoneId: "Z0123456789EXAMPLE",
      name: "_proof.example.com",
      type: "CNAME",
      records: ["acm"],
    });
    const { aliases, name, type, zoneId } = find(resources, "Record", "edge").inputs;
    expect([zoneId, name, type]).toEqual(["Z0123456789EXAMPLE", "ai.example.com", "A"]);
    expect(aliases).toHaveLength(1);
  });
});

test("the load balancer of dev can be deleted", async () => {
  const { inputs } = find(await rendered("dev"), "LoadBalancer", "edge");
  expect(inputs.enableDeletionProtection).toBe(false);
});

describe("the way in", () => {
  test("is open to the ranges that the spec names only, each by a rule of its own", async () => {
    const resources = await rendered("dev", { allowedCidrs: ["192.0.2.0/24", "198.51.100.0/24"] });
    const rules = ofType(resources, "SecurityGroupIngressRule").flatMap(({ inputs }) =>
      inputs.cidrIpv4 === undefined ? [] : [[inputs.cidrIpv4, inputs.fromPort]],
    );
    expect(rules).toEqual([
      ["192.0.2.0/24", 443],
      ["198.51.100.0/24", 443],
    ]);
  });

  test("takes a certificate that is given, and then makes none", async () => {
    const resources = await rendered("dev", { certificateArn });
    expect(find(resources, "Listener", "edge").inputs.certificateArn).toBe(certificateArn);
    expect(ofType(resources, "Certificate")).toEqual([]);
    expect(ofType(resources, "Record").map(({ name }) => name)).toEqual(["edge"]);
  });

  test("has no record where the zone is elsewhere", async () => {
    const resources = await rendered("dev", { certificateArn, hostedZone: undefined });
    expect(ofType(resources, "Record")).toEqual([]);
    expect(ofType(resources, "Listener")).toHaveLength(1);
  });
});
