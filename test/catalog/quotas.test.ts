import { expect, test } from "vitest";
import { instanceTypes } from "../../catalog/ec2/instances.ts";
import { type Quota, quotaRegion, quotas, vcpuQuota } from "../../catalog/quotas.ts";

const all: [string, Quota][] = Object.entries(quotas);

test("every quota has a code of its own, in AWS's form", () => {
  expect(all.filter(([, { code }]) => !/^L-[0-9A-F]{8}$/.test(code))).toEqual([]);
  expect(new Set(all.map(([, { code }]) => code)).size).toBe(all.length);
});

test("families of GPUs count against G or P, all others against Standard", () => {
  const byFamily = new Map(
    instanceTypes.map(({ family }) => [
      family,
      [vcpuQuota(family, "on-demand"), vcpuQuota(family, "spot")].join(" "),
    ]),
  );
  const of = (quota: string) =>
    [...byFamily].filter(([, names]) => names === quota).map(([family]) => family);
  expect(of("onDemandG spotG")).toEqual([
    "g4dn",
    "g5",
    "g5g",
    "g6",
    "g6e",
    "g6f",
    "g7",
    "g7e",
    "gr6",
    "gr6f",
  ]);
  expect(of("onDemandP spotP4")).toEqual(["p3dn", "p4d", "p4de"]);
  expect(of("onDemandP spotP5")).toEqual(["p5", "p5e", "p5en", "p6-b200", "p6-b300"]);
  expect(of("onDemandStandard spotStandard")).toHaveLength(byFamily.size - 10 - 3 - 5);
});

test("vCPU quotas are EC2's and counted in vCPUs", () => {
  for (const { family } of instanceTypes) {
    for (const purchase of ["on-demand", "spot"] as const) {
      const { service, unit } = quotas[vcpuQuota(family, purchase)];
      expect([service, unit]).toEqual(["ec2", "vCPU"]);
    }
  }
});

test("a quota is kept in the stack's region, but for S3's, which is of the account", () => {
  expect(quotaRegion("ec2", "eu-central-1")).toBe("eu-central-1");
  expect(
    ["eu-central-1", "us-gov-east-1", "cn-northwest-1"].map((region) => quotaRegion("s3", region)),
  ).toEqual(["us-east-1", "us-gov-west-1", "cn-north-1"]);
});
