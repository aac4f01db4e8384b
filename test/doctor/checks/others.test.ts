import { describe, expect, test } from "vitest";
import { judgeAccount } from "../../../doctor/checks/account.ts";
import { judgeBucket } from "../../../doctor/checks/buckets.ts";
import { judgeAddons, judgeImage, judgeVersion } from "../../../doctor/checks/kubernetes.ts";
import { judgeRegion, judgeZones } from "../../../doctor/checks/region.ts";

describe("an account", () => {
  const judge = (allowed: readonly string[], forbidden: readonly string[] = []) =>
    judgeAccount("123456789012", { allowed, forbidden, configFile: "Pulumi.prod.yaml" }).status;
  test.each([
    ["that nobody names", judge([]), "ok"],
    ["that is named", judge(["210987654321", "123456789012"]), "ok"],
    ["that isn't the named one", judge(["210987654321"]), "failed"],
    ["that is forbidden", judge([], ["123456789012"]), "failed"],
    ["that is another than the forbidden one", judge([], ["210987654321"]), "ok"],
  ])("%s", (_, status, expected) => {
    expect(status).toBe(expected);
  });
});

describe("a region", () => {
  test.each([
    ["opt-in-not-required", "ok"],
    ["opted-in", "ok"],
    ["not-opted-in", "failed"],
    [undefined, "failed"],
  ])("that is %s", (status, expected) => {
    expect(judgeRegion(status, "enable it").status).toBe(expected);
  });
});

describe("zones", () => {
  const known = new Map([
    ["us-east-1a", { id: "use1-az6", state: "available" }],
    ["us-east-1b", { id: "use1-az1", state: "impaired" }],
    ["us-east-1e", { id: "use1-az3", state: "available" }],
  ]);
  test.each([
    [["us-east-1a"], "ok", "us-east-1a (use1-az6)"],
    [["us-east-1a", "us-east-1b"], "warning", "us-east-1b is impaired"],
    [["us-east-1e"], "failed", "EKS makes no cluster with subnets in us-east-1e (use1-az3)"],
    [["us-east-1a", "us-east-1z"], "failed", "the account has no us-east-1z"],
  ])("%j", (zones, status, says) => {
    const verdict = judgeZones(zones, known, "stacks/prod.ts");
    expect(verdict).toMatchObject({ status, says });
    if (status !== "ok") expect(verdict.remedy[0]).toMatch(/of stacks\/prod.ts: us-east-1a$/);
  });
});

describe("Kubernetes", () => {
  const offered = new Map([
    ["1.33", "UNSUPPORTED"],
    ["1.34", "EXTENDED_SUPPORT"],
    ["1.35", "STANDARD_SUPPORT"],
    ["1.36", "STANDARD_SUPPORT"],
  ]);
  test.each([
    ["1.36", undefined, "ok"],
    ["1.36", "1.36", "ok"],
    ["1.36", "1.35", "ok"],
    ["1.36", "1.34", "failed"],
    ["1.35", "1.36", "failed"],
    ["1.34", undefined, "warning"],
  ] as const)("%s for a cluster with %s", (version, current, status) => {
    expect(judgeVersion(version, offered, current).status).toBe(status);
  });

  test("that EKS doesn't offer fails, with what it does offer", () => {
    const verdict = judgeVersion("1.36", new Map([["1.35", "STANDARD_SUPPORT"]]), undefined);
    expect(verdict).toMatchObject({ status: "failed", says: "EKS doesn't offer it, but 1.35" });
    expect(judgeVersion("1.36", new Map([["1.36", "UNSUPPORTED"]]), undefined).status).toBe("failed");
  });
});

describe("add-ons", () => {
  const pins = [
    { name: "coredns", build: "v2" },
    { name: "vpc-cni", build: "v1" },
  ];
  test("that EKS offers are ok", () => {
    const offered = new Map([
      ["coredns", ["v3", "v2"]],
      ["vpc-cni", ["v1"]],
    ]);
    expect(judgeAddons(pins, offered, "1.36").status).toBe("ok");
  });
  test("that it doesn't are told, each with the newest", () => {
    const { says, status } = judgeAddons(pins, new Map([["coredns", ["v3", "v1"]]]), "1.36");
    expect(status).toBe("failed");
    expect(says).toBe("coredns v2 isn't offered, but v3; vpc-cni v1 isn't offered, but no build of it");
  });
});

describe("an image of nodes", () => {
  const pin = { type: "AL2023_x86_64_NVIDIA", version: "1.36", release: "1.36.4-20260923" } as const;
  const name = "amazon-eks-node-al2023-x86_64-nvidia-1.36-v20260923";
  const newer = "amazon-eks-node-al2023-x86_64-nvidia-1.36-v20261101";
  test("that is there is ok", () => {
    expect(
      judgeImage(pin, [
        { id: "ami-2", name: newer },
        { id: "ami-1", name },
      ]),
    ).toMatchObject({
      status: "ok",
      says: "release 1.36.4-20260923 (ami-1)",
    });
  });
  test("that isn't fails with the newest", () => {
    expect(judgeImage(pin, [{ id: "ami-2", name: newer }])).toMatchObject({
      status: "failed",
      says: `no image ${name}; the newest is ${newer}`,
    });
  });
});

describe("a bucket's name", () => {
  const subject = { source: "stacks/prod.ts", spec: { tracking: { bucket: "ours" } } };
  const judge = (name: string, own: boolean, taken: boolean, up = false) =>
    judgeBucket(name, { own, taken, up }, subject);
  test.each([
    ["that is free", judge("x", false, false), "ok"],
    ["that another account has", judge("x", false, true), "failed"],
    ["that this account has", judge("x", true, true), "failed"],
    ["of an environment that is up", judge("x", true, true, true), "ok"],
    ["that another account has, of an environment that is up", judge("x", false, true, true), "failed"],
  ])("%s", (_, verdict, status) => {
    expect(verdict.status).toBe(status);
  });
  test("is changed where it comes from", () => {
    expect(judge("x", false, true).remedy).toEqual([
      "Set storage.bucketPrefix in stacks/prod.ts to another name",
    ]);
    expect(judge("ours", false, true).remedy).toEqual([
      "Set tracking.bucket in stacks/prod.ts to another name",
    ]);
  });
});
