import { describe, expect, test } from "vitest";
import { edgeWarnings, planEdge } from "../../../planning/edge/edge.ts";
import { planEntrance } from "../../../planning/edge/entrance.ts";
import { parsePlatform } from "../../../spec/parse.ts";
import { certificateArn, edgeGroups, edgeOf, hostedZone, zonedSpec } from "../../support/edge.ts";
import { foundationOf } from "../../support/foundation.ts";

describe("with a hosted zone", () => {
  test("certificate and record are made there", () => {
    const spec = zonedSpec("prod");
    expect(edgeOf(spec)).toMatchObject({
      host: "ai.example.com",
      certificate: { kind: "issued", zoneId: hostedZone.id },
      recordZoneId: hostedZone.id,
      clientCidrs: ["0.0.0.0/0"],
    });
    expect(edgeWarnings(spec)).toEqual([]);
  });

  test("a certificate that is given is taken, and the record is still made", () => {
    expect(edgeOf(zonedSpec("prod", { certificateArn }))).toMatchObject({
      certificate: { kind: "given", arn: certificateArn },
      recordZoneId: hostedZone.id,
    });
  });
});

describe("without a hosted zone", () => {
  test("a certificate that is given makes a load balancer, and the record is left to others", () => {
    const spec = zonedSpec("prod", { certificateArn, hostedZone: undefined });
    expect(edgeOf(spec).recordZoneId).toBeUndefined();
    expect(edgeWarnings(spec)).toEqual([
      "gateway.hostedZone is not given: the record of ai.example.com must be made elsewhere, leading to the stack's output `entrance`",
    ]);
  });

  test("nor a certificate nothing leads in, no node has a port for it, and the plan says so", () => {
    const spec = zonedSpec("prod", { hostedZone: undefined });
    expect(planEntrance(spec)).toMatchObject({ nodePort: undefined, behindTls: false, trustedProxies: [] });
    expect(planEdge(spec, { nodePort: undefined, nodeGroups: edgeGroups })).toBeUndefined();
    expect(edgeWarnings(spec)).toEqual([expect.stringContaining("nobody gets in from outside")]);
  });
});

test("nodes of Traefik's groups stand behind the load balancer, and of those that stand by for them; no others", () => {
  expect(edgeOf(zonedSpec("dev")).nodeGroups).toEqual(["system", "system-or-on-demand"]);
});

test("in AWS the client's address is taken from within the VPC only; locally from nobody", () => {
  const spec = zonedSpec("prod");
  expect(planEntrance(spec).trustedProxies).toEqual([foundationOf("prod", []).vpc.cidr]);
  const local = parsePlatform(
    { environment: "local", ownership: { owner: "team", costCenter: "ml" } },
    "test",
  );
  expect(planEntrance(local)).toMatchObject({
    nodePort: 30080,
    behindTls: false,
    trustedProxies: [],
    limits: {
      requestsPerSecond: undefined,
      concurrentRequests: undefined,
      bodyBytes: undefined,
      allowedCidrs: undefined,
    },
  });
});

describe("the end of a pod of Traefik", () => {
  test.each(["dev", "staging", "prod"] as const)(
    "leaves no client's connection to be closed under a request in %s",
    (environment) => {
      const { end } = planEntrance(zonedSpec(environment));
      // kube-proxy and Traefik itself need a few seconds each to hear of an end.
      expect(end.connectionSeconds + 5).toBeLessThan(end.acceptSeconds);
      expect(end.acceptSeconds + end.finishSeconds + 5).toBeLessThan(end.graceSeconds);
      expect(edgeOf(zonedSpec(environment)).drainSeconds).toBeGreaterThan(end.finishSeconds);
    },
  );

  test("takes as long as an answer may, and no longer than the notice of a spot node that it may stand on", () => {
    expect(planEntrance(zonedSpec("prod")).end.finishSeconds).toBe(600);
    expect(planEntrance(zonedSpec("dev")).end.graceSeconds).toBeLessThanOrEqual(120);
  });
});
