import { describe, expect, test } from "vitest";
import { judgeRecord, judgeZone, zoneNames } from "../../../doctor/checks/zone.ts";
import type { HostedZone } from "../../../doctor/outside.ts";

const zone: HostedZone = {
  id: "Z1",
  name: "example.com",
  isPrivate: false,
  nameServers: ["ns-1.awsdns-01.org", "ns-2.awsdns-02.com"],
};
const context = { source: "stacks/prod.ts", create: "aws route53 create-hosted-zone" };
const wanted = { id: "Z1", name: "example.com" };

test("a zone may have the host's own name or that of any domain above it, but of no top-level domain", () => {
  expect(zoneNames("ai.prod.example.com")).toEqual([
    "ai.prod.example.com",
    "prod.example.com",
    "example.com",
  ]);
});

describe("the hosted zone that is given", () => {
  test.each([
    ["and that the internet sees", [zone], ["ns-2.awsdns-02.com"], "ok", "example.com (Z1), delegated"],
    ["beside another of its name", [{ ...zone, id: "Z2" }, zone], zone.nameServers, "ok", "(Z1)"],
    ["but isn't there", [], undefined, "failed", "no zone Z1 of example.com in this account"],
    ["but is another", [{ ...zone, id: "Z2" }], undefined, "failed", "in this account, but Z2"],
    ["but is private", [{ ...zone, isPrivate: true }], undefined, "failed", "(Z1) is private"],
    ["but public DNS doesn't know", [zone], [], "failed", "public DNS doesn't know example.com"],
    ["but is another DNS's", [zone], ["ns.other.net"], "failed", "public DNS leads to ns.other.net"],
    ["and can't be looked up", [zone], "unknown", "warning", "public DNS can't be asked here"],
  ] as const)("%s", (_, zones, seen, status, says) => {
    const verdict = judgeZone({ zones, seen }, { ...context, wanted });
    expect(verdict.status).toBe(status);
    expect(verdict.says).toContain(says);
    expect(verdict.remedy.length > 0).toBe(status !== "ok");
  });
});

describe("without a hosted zone", () => {
  const judge = (zones: readonly HostedZone[]) =>
    judgeZone({ zones, seen: undefined }, { ...context, wanted: undefined });
  test("the nearest public one that is there is suggested", () => {
    const near = { ...zone, id: "Z0", name: "prod.example.com" };
    const verdict = judge([{ ...near, isPrivate: true }, { ...near, id: "Z3" }, zone]);
    expect(verdict.status).toBe("warning");
    expect(verdict.remedy[0]).toContain('hostedZone: { id: "Z3", name: "prod.example.com" }');
  });
  test("of which there is none, somebody else must make the record", () => {
    expect(judge([{ ...zone, isPrivate: true }])).toMatchObject({ status: "warning" });
    expect(judge([]).remedy[0]).toContain("aws route53 create-hosted-zone");
  });
});

describe("a record", () => {
  const alias = [{ type: "A", values: ["old.elb.amazonaws.com"] }];
  test.each([
    ["where there is none", [], false, "ok"],
    ["where there is proof for a certificate only", [{ type: "TXT", values: ["x"] }], false, "ok"],
    ["where there is one", alias, false, "failed"],
    ["where it is a CNAME", [{ type: "CNAME", values: ["other.example.com"] }], false, "failed"],
    ["where it is the environment's own", alias, true, "ok"],
  ])("%s", (_, records, up, status) => {
    expect(judgeRecord("ai.example.com", records, { source: "stacks/prod.ts", up }).status).toBe(status);
  });
});
