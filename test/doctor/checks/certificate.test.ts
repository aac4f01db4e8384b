import { describe, expect, test } from "vitest";
import { judgeGiven, judgeIssuing } from "../../../doctor/checks/certificate.ts";
import type { Certificate } from "../../../doctor/outside.ts";

describe("a certificate that ACM is to issue", () => {
  const caa = (...values: readonly string[]) => [{ type: "CAA", values }];
  test.each([
    ["without CAA records", [], "ok"],
    ["with ACM in them", caa('0 issue "letsencrypt.org"', '0 issue "amazontrust.com"'), "ok"],
    ["with parameters behind ACM's name", caa('0 issue "amazon.com; policy=ev"'), "ok"],
    ["with others in them", caa('0 issue "letsencrypt.org"'), "failed"],
    ["with nobody in them", caa('0 issue ";"'), "failed"],
    ["with rules for wildcards only", caa('0 issuewild "letsencrypt.org"'), "ok"],
  ])("%s", (_, records, status) => {
    expect(judgeIssuing(records).status).toBe(status);
  });
});

describe("a certificate that is given", () => {
  const host = "ai.example.com";
  const found: Certificate = {
    status: "ISSUED",
    names: [host],
    imported: false,
    endsAt: "2027-01-20T00:00:00.000Z",
  };
  const context = { source: "stacks/prod.ts", now: new Date("2027-01-10T00:00:00Z") };
  test.each([
    ["for the host", found, "ok", "issued, for ai.example.com"],
    ["for all hosts of its domain", { ...found, names: ["example.com", "*.example.com"] }, "ok", "issued"],
    ["for hosts a level above", { ...found, names: ["*.com"] }, "failed", "it is for *.com"],
    ["for another host", { ...found, names: ["x.example.com"] }, "failed", "it is for x.example.com"],
    ["that waits for its proof", { ...found, status: "PENDING_VALIDATION" }, "failed", "PENDING_VALIDATION"],
    ["that isn't there", undefined, "failed", "ACM has no such certificate"],
    ["that nobody renews", { ...found, imported: true }, "warning", "it ends 2027-01-20"],
    [
      "that nobody needs to renew yet",
      { ...found, imported: true, endsAt: "2027-02-09T00:00:00.000Z" },
      "ok",
      "issued",
    ],
  ] as const)("%s", (_, certificate, status, says) => {
    const verdict = judgeGiven(host, certificate, context);
    expect(verdict.status).toBe(status);
    expect(verdict.says).toContain(says);
  });
});
