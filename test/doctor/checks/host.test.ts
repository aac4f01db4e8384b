import { describe, expect, test } from "vitest";
import { judgeCertificate, judgeRecord, judgeZone, zoneNames } from "../../../doctor/checks/host.ts";
import type { HostedZone } from "../../../doctor/outside.ts";

const zone: HostedZone = {
  id: "Z1",
  name: "example.com",
  isPrivate: false,
  nameServers: ["ns-1.awsdns-01.org", "ns-2.awsdns-02.com"],
};
const judge = (zones: readonly HostedZone[], seen: readonly string[] | "unknown" | undefined) =>
  judgeZone({ zones, seen }, { source: "stacks/prod.ts", create: "aws route53 create-hosted-zone" });

test("a zone may have the host's own name or that of any domain above it, but of no top-level domain", () => {
  expect(zoneNames("ai.prod.example.com")).toEqual([
    "ai.prod.example.com",
    "prod.example.com",
    "example.com",
  ]);
});

describe("a hosted zone", () => {
  test.each([
    ["that the internet sees", [zone], ["ns-2.awsdns-02.com"], "ok", "example.com (Z1), delegated"],
    ["that isn't there", [], undefined, "failed", "Route 53 has no zone for it"],
    [
      "that is private",
      [{ ...zone, isPrivate: true }],
      undefined,
      "failed",
      "Route 53 has only the private zone example.com",
    ],
    ["that public DNS doesn't know", [zone], [], "failed", "public DNS doesn't know example.com"],
    ["of another DNS", [zone], ["ns.other.net"], "failed", "public DNS leads to ns.other.net"],
    ["that can't be looked up", [zone], "unknown", "warning", "public DNS can't be asked here"],
    ["that is there twice", [zone, { ...zone, id: "Z2" }], [], "failed", "there are 2 public zones"],
    [
      "beside a farther one is the nearer",
      [{ ...zone, id: "Z0", name: "prod.example.com" }, zone],
      zone.nameServers,
      "ok",
      "prod.example.com (Z0)",
    ],
    [
      "that is public counts, not the private one of its name",
      [{ ...zone, id: "Z0", isPrivate: true }, zone],
      zone.nameServers,
      "ok",
      "example.com (Z1)",
    ],
  ] as const)("%s", (_, zones, seen, status, says) => {
    const verdict = judge(zones, seen);
    expect(verdict.status).toBe(status);
    expect(verdict.says).toContain(says);
    expect(verdict.remedy.length > 0).toBe(status !== "ok");
  });
});

describe("a record", () => {
  const alias = [{ type: "A", values: ["old.elb.amazonaws.com"] }];
  test.each([
    ["where there is none", [], false, "ok"],
    ["where there is no zone", undefined, false, "ok"],
    ["where there is proof for a certificate only", [{ type: "TXT", values: ["x"] }], false, "ok"],
    ["where there is one", alias, false, "failed"],
    ["where it is a CNAME", [{ type: "CNAME", values: ["other.example.com"] }], false, "failed"],
    ["where it is the environment's own", alias, true, "ok"],
  ])("%s", (_, records, up, status) => {
    expect(judgeRecord("ai.example.com", records, { source: "stacks/prod.ts", up }).status).toBe(status);
  });
});

describe("a certificate", () => {
  const caa = (...values: readonly string[]) => [{ type: "CAA", values }];
  test.each([
    ["without CAA records", [], "ok"],
    ["with ACM in them", caa('0 issue "letsencrypt.org"', '0 issue "amazontrust.com"'), "ok"],
    ["with parameters behind ACM's name", caa('0 issue "amazon.com; policy=ev"'), "ok"],
    ["with others in them", caa('0 issue "letsencrypt.org"'), "failed"],
    ["with nobody in them", caa('0 issue ";"'), "failed"],
    ["with rules for wildcards only", caa('0 issuewild "letsencrypt.org"'), "ok"],
  ])("%s", (_, records, status) => {
    expect(judgeCertificate(records, []).status).toBe(status);
  });

  test("that waits for its proof is a warning", () => {
    const waiting = { arn: "arn:aws:acm:us-east-1:1:certificate/x", status: "PENDING_VALIDATION" };
    expect(judgeCertificate([], [waiting, { ...waiting, status: "ISSUED" }])).toMatchObject({
      status: "warning",
    });
    expect(judgeCertificate([], [{ ...waiting, status: "ISSUED" }]).status).toBe("ok");
  });
});
