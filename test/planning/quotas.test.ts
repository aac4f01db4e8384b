import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { instanceType, instanceTypes } from "../../catalog/ec2/instances.ts";
import { quotas } from "../../catalog/quotas.ts";
import type { NodeGroupPlan } from "../../planning/infrastructure.ts";
import { planQuotas, type QuotaInput } from "../../planning/quotas.ts";
import { anyNodeGroup, network, nodeGroup } from "./support/infrastructure.ts";

/** Needs as "code: planned to largest". */
function needs(input: Partial<QuotaInput>): Record<string, string> {
  const needed = planQuotas({ network: network(), nodeGroups: [], ...input });
  return Object.fromEntries(needed.map(({ code, planned, largest }) => [code, `${planned} to ${largest}`]));
}

const group = (type: string, change: Partial<NodeGroupPlan> = {}) =>
  nodeGroup({ instanceTypes: [type], size: { min: 0, planned: 2, max: 4 }, ...change });

test("a load balancer counts where there is one", () => {
  expect(needs({})).toMatchObject({ "L-69A177A2": "1 to 1" });
  expect(needs({ balanced: false })).not.toHaveProperty("L-69A177A2");
});

describe("vCPUs", () => {
  test.each([
    [
      "2 to 4 g6.12xlarge of 48 on demand count under G and VT",
      "g6.12xlarge",
      "on-demand",
      "L-DB2E81BA",
      96,
      192,
    ],
    ["2 to 4 p5.48xlarge of 192 under P", "p5.48xlarge", "on-demand", "L-417A185B", 384, 768],
    ["2 to 4 m7i.large of 2 under Standard", "m7i.large", "on-demand", "L-1216C47A", 4, 8],
    ["those reserved under on-demand too", "p5.48xlarge", "reservation", "L-417A185B", 384, 768],
    ["on spot under G and VT spot", "g6.12xlarge", "spot", "L-3819A6DF", 96, 192],
    ["on spot p4d and p5 each under their own", "p4d.24xlarge", "spot", "L-7212CCBC", 192, 384],
    ["on spot p4d and p5 each under their own", "p5.48xlarge", "spot", "L-C4BD4855", 384, 768],
  ] as const)("%s", (_, type, purchase, code, planned, largest) => {
    expect(needs({ nodeGroups: [group(type, { purchase })] })).toMatchObject({
      [code]: `${planned} to ${largest}`,
    });
  });

  test("of a capacity block count nowhere", () => {
    const codes = Object.keys(needs({ nodeGroups: [group("p5.48xlarge", { purchase: "capacity-block" })] }));
    const vcpuCodes = Object.values(quotas).filter(({ unit }) => unit === "vCPU");
    expect(vcpuCodes.filter(({ code }) => codes.includes(code))).toEqual([]);
  });

  test("may be those of the largest of a spot group's types: 4 of 8, not of 4", () => {
    const spot = group("g6.xlarge", { purchase: "spot", instanceTypes: ["g6.xlarge", "g6.2xlarge"] });
    expect(needs({ nodeGroups: [spot] })).toMatchObject({ "L-3819A6DF": "8 to 32" });
  });

  test("are wanted once more for what a spot group falls back to, but none of them at first", () => {
    const spot = group("g6.xlarge", { purchase: "spot", fallbacks: ["on-demand"] });
    expect(needs({ nodeGroups: [spot] })).toMatchObject({ "L-3819A6DF": "8 to 16", "L-DB2E81BA": "0 to 16" });
  });

  test("are not wanted twice where a reservation falls back to on-demand: it is one quota", () => {
    const reserved = group("g6.xlarge", { purchase: "reservation", fallbacks: ["on-demand"] });
    expect(needs({ nodeGroups: [reserved] })).toMatchObject({ "L-DB2E81BA": "8 to 16" });
  });

  test("every instance type of the catalog has a quota on demand and on spot", () => {
    for (const { name, vcpus } of instanceTypes) {
      for (const purchase of ["on-demand", "spot"] as const) {
        const found = planQuotas({ network: network(), nodeGroups: [group(name, { purchase })] });
        expect(found.filter(({ planned }) => planned === 2 * vcpus)).not.toEqual([]);
      }
    }
  });

  test("those of all quotas together are those of all nodes that are in no capacity block", () => {
    fc.assert(
      fc.property(fc.array(anyNodeGroup, { maxLength: 8 }), (nodeGroups) => {
        const codes = Object.values(quotas).filter(({ unit }) => unit === "vCPU");
        const planned = planQuotas({ network: network(), nodeGroups })
          .filter(({ code }) => codes.some((quota) => quota.code === code))
          .reduce((sum, need) => sum + need.planned, 0);
        const expected = nodeGroups
          .filter(({ purchase }) => purchase !== "capacity-block")
          .reduce(
            (sum, { instanceTypes: [first], size }) => sum + size.planned * instanceType(first).vcpus,
            0,
          );
        expect(planned).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });
});

describe("what there is one of, or one per something", () => {
  test("a cluster, a VPC, a load balancer, a NAT gateway per zone, an address for each", () => {
    expect(needs({})).toEqual({
      "L-1194D53C": "1 to 1",
      "L-F678F1CE": "1 to 1",
      "L-69A177A2": "1 to 1",
      "L-FE5A380F": "1 to 1",
      "L-0263D0A3": "1 to 1",
    });
    expect(needs({ network: network({}, "prod") })).toMatchObject({
      "L-FE5A380F": "1 to 1",
      "L-0263D0A3": "3 to 3",
    });
  });

  test("interface endpoints and node groups are counted, and the nodes of the largest group", () => {
    const nodeGroups = [group("m7i.large"), nodeGroup({ size: { min: 0, planned: 5, max: 500 } })];
    expect(needs({ nodeGroups, network: network({ interfaceEndpoints: ["sts", "ecr.dkr"] }) })).toMatchObject(
      { "L-6D54EA21": "2 to 2", "L-BD136A63": "5 to 500", "L-29B6F2EB": "2 to 2" },
    );
  });

  test("gp3 storage in whole TiB: 10 roots of 100 GiB are 1, with 2 volumes of 600 GiB 3", () => {
    const nodeGroups = [nodeGroup({ rootDiskGiB: 100, size: { min: 0, planned: 10, max: 10 } })];
    expect(needs({ nodeGroups })).toMatchObject({ "L-7A658B76": "1 to 1" });
    const volumes = [{ name: "qdrant", count: 2, gib: 600 }];
    expect(needs({ nodeGroups, volumes })).toMatchObject({ "L-7A658B76": "3 to 3" });
  });

  test("others are as many as is said", () => {
    expect(needs({ others: { databaseInstances: 2, buckets: 3 } })).toMatchObject({
      "L-7B6409FD": "2 to 2",
      "L-DC2B2D3D": "3 to 3",
    });
  });

  test("each is named as in the console, with what a new account has", () => {
    expect(planQuotas({ network: network(), nodeGroups: [group("g6.xlarge")] })[0]).toEqual({
      service: "ec2",
      code: "L-DB2E81BA",
      name: "Running On-Demand G and VT instances",
      planned: 8,
      largest: 16,
      awsDefault: 0,
    });
  });
});

test("more nodes never need less, and nothing is planned beyond its largest", () => {
  fc.assert(
    fc.property(fc.array(anyNodeGroup, { minLength: 1, maxLength: 6 }), fc.nat(), (nodeGroups, chosen) => {
      const grown = nodeGroups.map((one, index) =>
        index === chosen % nodeGroups.length
          ? { ...one, size: { min: 0, planned: one.size.planned + 1, max: one.size.max + 2 } }
          : one,
      );
      const before = planQuotas({ network: network(), nodeGroups });
      const after = planQuotas({ network: network(), nodeGroups: grown });
      for (const { code, planned, largest } of before) {
        const need = after.find((other) => other.code === code);
        expect(need?.planned).toBeGreaterThanOrEqual(planned);
        expect(need?.largest).toBeGreaterThanOrEqual(largest);
        expect(largest).toBeGreaterThanOrEqual(planned);
      }
    }),
    { numRuns: 300 },
  );
});
