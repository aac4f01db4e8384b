import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { onDemandPrice, spotPrice } from "../../../catalog/ec2/prices.ts";
import { type CostInput, costByComponent, planCost } from "../../../planning/cost/cost.ts";
import { nodePrice } from "../../../planning/cost/nodes.ts";
import type { CostPlan, NodeGroupPlan } from "../../../planning/infrastructure.ts";
import { capacitySchema } from "../../../spec/capacity.ts";
import { budgetSchema } from "../../../spec/sections.ts";
import { anyNodeGroup, network, nodeGroup } from "../support/infrastructure.ts";

const block = "cr-0fedcba9876543210";
const reservation = "cr-0123456789abcdef0";

interface Given extends Partial<Omit<CostInput, "spec">> {
  readonly region?: string;
  readonly capacity?: Parameters<typeof capacitySchema.parse>[0];
  readonly usdPerMonth?: number;
  readonly version?: "1.34";
}

function cost({ capacity = {}, region = "us-east-1", usdPerMonth, version, ...input }: Given = {}): CostPlan {
  return planCost({
    spec: {
      budget: usdPerMonth === undefined ? undefined : budgetSchema.parse({ usdPerMonth }),
      capacity: capacitySchema.parse(capacity),
      cloud: { region },
      cluster: { version, name: undefined, publicAccessCidrs: [], privateAccessCidrs: [], admins: [] },
    },
    network: network(),
    nodeGroups: [],
    ...input,
  });
}

const item = (plan: CostPlan, component: string) => plan.items.find((one) => one.component === component);
const group = (type: string, purchase: NodeGroupPlan["purchase"], change: Partial<NodeGroupPlan> = {}) =>
  nodeGroup({
    name: "group",
    instanceTypes: [type],
    purchase,
    size: { min: 0, planned: 2, max: 9 },
    ...change,
  });

describe("what is there before anything runs", () => {
  test("dev: control plane 0.10, one NAT 0.045, load balancer 0.0225, three addresses 0.015: $133.23 a month", () => {
    const plan = cost();
    expect(plan.items.map(({ component, what, usdPerHour }) => [component, what, usdPerHour])).toEqual([
      ["cluster/control-plane", "1 EKS cluster", 0.1],
      ["network/nat", "1 NAT gateway", 0.045],
      ["network/load-balancer", "1 network load balancer", 0.0225],
      ["network/addresses", "3 public addresses", 0.015],
    ]);
    expect(plan.usdPerHour).toBeCloseTo(0.1825, 10);
    expect(plan.usdPerMonth).toBeCloseTo(133.225, 6);
  });

  test("without a load balancer neither it, nor its addresses, nor its use cost anything", () => {
    const plan = cost({ balanced: false });
    expect(item(plan, "network/load-balancer")).toBeUndefined();
    expect(item(plan, "network/addresses")).toMatchObject({ what: "1 public address", usdPerHour: 0.005 });
    expect(plan.notPriced.join()).not.toContain("load balancer");
    expect(cost().notPriced.join()).toContain("load balancer");
  });

  test("ten alarms: $1 a month", () => {
    expect(item(cost({ others: { cloudWatchAlarm: 10 } }), "others/cloudWatchAlarm")?.usdPerHour).toBeCloseTo(
      1 / 730,
      10,
    );
  });

  test("prod: a NAT gateway and an address for it in each of three zones", () => {
    const plan = cost({ network: network({}, "prod") });
    expect(item(plan, "network/nat")).toMatchObject({ what: "3 NAT gateways", usdPerHour: 0.135 });
    expect(item(plan, "network/addresses")?.usdPerHour).toBeCloseTo(0.03, 10);
  });

  test("two interface endpoints in two zones: 4 x 0.01", () => {
    const plan = cost({ network: network({ interfaceEndpoints: ["sts", "ecr.dkr"] }) });
    expect(item(plan, "network/endpoints")).toMatchObject({
      what: "2 interface endpoints in 2 zones",
      usdPerHour: 0.04,
    });
  });
});

describe("nodes", () => {
  test("2 x g6.xlarge on demand: 2 x 0.8048", () => {
    const plan = cost({ nodeGroups: [group("g6.xlarge", "on-demand")] });
    expect(item(plan, "nodes/group")).toEqual({
      component: "nodes/group",
      what: "2 x g6.xlarge, on-demand",
      usdPerHour: 1.6096,
      basis: "listed",
    });
  });

  test("on spot at the spot price", () => {
    const plan = cost({ nodeGroups: [group("g5.xlarge", "spot")] });
    expect(item(plan, "nodes/group")).toMatchObject({
      what: "2 x g5.xlarge, spot",
      usdPerHour: 2 * (spotPrice("us-east-1", "g5.xlarge")?.usdPerHour ?? 0),
    });
    expect(item(plan, "nodes/group")?.usdPerHour).toBeLessThan(2 * 1.006);
  });

  test("reserved at the full price, and so are the two of four that no node uses: 4 x 55.04 in all", () => {
    const plan = cost({
      nodeGroups: [group("p5.48xlarge", "reservation", { reservation })],
      capacity: {
        reservations: [{ id: reservation, instanceType: "p5.48xlarge", count: 4, zone: "us-east-1a" }],
      },
    });
    expect(item(plan, "nodes/group")).toMatchObject({
      what: `2 x p5.48xlarge, reservation ${reservation}, paid whether used or not`,
      usdPerHour: 110.08,
    });
    expect(item(plan, `nodes/idle-${reservation}`)).toMatchObject({
      what: `2 x p5.48xlarge, reservation ${reservation}, paid but not used`,
      usdPerHour: 110.08,
    });
  });

  test("in a capacity block at the on-demand price, as an estimate", () => {
    const plan = cost({
      nodeGroups: [group("p5.48xlarge", "capacity-block", { reservation: block })],
      capacity: {
        capacityBlocks: [
          {
            id: block,
            instanceType: "p5.48xlarge",
            count: 2,
            zone: "us-east-1a",
            endsAt: "2027-01-01T11:30:00Z",
          },
        ],
      },
    });
    expect(item(plan, "nodes/group")).toMatchObject({
      what: `2 x p5.48xlarge, capacity-block ${block}, at the on-demand price`,
      usdPerHour: 110.08,
      basis: "estimated",
    });
    expect(item(plan, `nodes/idle-${block}`)).toBeUndefined();
  });

  test("without a known price are said to be unpriced, and not taken for free", () => {
    const plan = cost({ nodeGroups: [group("p5e.48xlarge", "on-demand")], region: "us-west-2" });
    expect(item(plan, "nodes/group")).toBeUndefined();
    expect(plan.notPriced[0]).toBe("nodes/group: no price of p5e.48xlarge on-demand in us-west-2 is known");
  });

  test("that are none cost nothing and are not listed", () => {
    const none = group("g6.xlarge", "on-demand", { size: { min: 0, planned: 0, max: 5 } });
    expect(cost({ nodeGroups: [none] })).toEqual(cost());
  });
});

describe("storage, databases and the rest", () => {
  test("roots of 2 nodes with 100 GiB: 200 x 0.08 / 730 an hour", () => {
    const plan = cost({ nodeGroups: [group("m7i.large", "on-demand", { rootDiskGiB: 100 })] });
    expect(item(plan, "storage/nodes")).toMatchObject({ what: "2 gp3 volumes, 200 GiB in all" });
    expect((item(plan, "storage/nodes")?.usdPerHour ?? 0) * 730).toBeCloseTo(16, 10);
  });

  test("three volumes of 20 GiB: $4.80 a month", () => {
    const plan = cost({ volumes: [{ name: "qdrant", count: 3, gib: 20 }] });
    expect(item(plan, "storage/qdrant")).toMatchObject({ what: "3 gp3 volumes, 60 GiB in all" });
    expect((item(plan, "storage/qdrant")?.usdPerHour ?? 0) * 730).toBeCloseTo(4.8, 10);
  });

  test("a database with a standby: 2 x 0.168 an hour and 2 x 100 GiB at 0.115 a month", () => {
    const database = { name: "metadata", instanceClass: "db.m7g.large", multiZone: true, storageGiB: 100 };
    const own = cost({ databases: [database] }).items.filter(
      ({ component }) => component === "database/metadata",
    );
    expect(own.map(({ what }) => what)).toEqual(["db.m7g.large with a standby", "100 GiB"]);
    expect(own[0]?.usdPerHour).toBeCloseTo(0.336, 10);
    expect((own[1]?.usdPerHour ?? 0) * 730).toBeCloseTo(23, 10);
    expect(() => cost({ databases: [{ ...database, instanceClass: "db.x" }] })).toThrow("no price of db.x");
  });

  test("two keys and five secrets: $4 a month; what is paid by use can't be an item", () => {
    const plan = cost({ others: { kmsKey: 2, secret: 5 } });
    const others = plan.items.filter(({ component }) => component.startsWith("others/"));
    expect(others.reduce((sum, { usdPerHour }) => sum + usdPerHour, 0) * 730).toBeCloseTo(4, 10);
    expect(() => cost({ others: { logIngestion: 1 } })).toThrow("what is paid per GB depends on use");
  });
});

describe("what is not priced", () => {
  test("is listed with its price, and endpoints only where there are some", () => {
    const without = cost({ version: "1.34" }).notPriced;
    expect(without).toMatchInlineSnapshot(`
      [
        "traffic through NAT: $0.045 per GB",
        "the load balancer's use: $0.006 per LCU-hour",
        "traffic to the internet and between zones",
        "objects in S3: $0.023 per GB-month, and requests",
        "images of ours in ECR, and older versions: $0.1 per GB-month",
        "logs: $0.5 per GB written and $0.03 per GB-month kept",
        "snapshots of volumes: $0.05 per GB-month",
        "Kubernetes 1.34 after 2026-12-02: $0.6 an hour for the control plane",
      ]
    `);
    const endpoints = network({ interfaceEndpoints: ["sts"] });
    expect(cost({ network: endpoints, version: "1.34" }).notPriced).toContain(
      "traffic through interface endpoints: $0.01 per GB",
    );
  });
});

describe("sums", () => {
  const nodeGroups = fc.array(anyNodeGroup, { maxLength: 8 });
  const regions = fc.constantFrom("us-east-1", "us-west-2", "eu-west-1", "ap-southeast-2");

  test("items add up to the total, a month is 730 hours, and nothing is negative", () => {
    fc.assert(
      fc.property(nodeGroups, regions, (groups, region) => {
        const plan = cost({ nodeGroups: groups, region });
        const sum = plan.items.reduce((total, { usdPerHour }) => total + usdPerHour, 0);
        expect(plan.usdPerHour).toBe(sum);
        expect(plan.usdPerMonth).toBe(sum * 730);
        for (const { usdPerHour } of plan.items) expect(usdPerHour).toBeGreaterThan(0);
        const components = costByComponent(plan.items);
        expect(components.reduce((total, { usdPerHour }) => total + usdPerHour, 0)).toBeCloseTo(sum, 6);
        expect(new Set(components.map(({ component }) => component)).size).toBe(components.length);
      }),
      { numRuns: 300 },
    );
  });

  test("every planned node is in an item or said to have no price", () => {
    fc.assert(
      fc.property(nodeGroups, regions, (groups, region) => {
        const plan = cost({ nodeGroups: groups, region });
        const priced = plan.items.filter(({ component }) => component.startsWith("nodes/")).length;
        const unpriced = plan.notPriced.filter((text) => text.startsWith("nodes/")).length;
        expect(priced + unpriced).toBe(groups.filter(({ size }) => size.planned > 0).length);
      }),
      { numRuns: 300 },
    );
  });

  test("one node more never costs less", () => {
    fc.assert(
      fc.property(anyNodeGroup, regions, (one, region) => {
        const size = { ...one.size, planned: one.size.planned + 1 };
        const before = cost({ nodeGroups: [one], region });
        const after = cost({ nodeGroups: [{ ...one, size }], region });
        expect(after.usdPerHour).toBeGreaterThan(before.usdPerHour);
      }),
      { numRuns: 300 },
    );
  });

  test("by component, dearest first", () => {
    const plan = cost({ nodeGroups: [group("g6.xlarge", "on-demand")] });
    expect(costByComponent(plan.items).map(({ component }) => component)).toEqual([
      "nodes",
      "cluster",
      "network",
      "storage",
    ]);
  });
});

test("a reserved node costs what it would on demand, on spot less, in a block about the same", () => {
  const price = onDemandPrice("us-east-1", "p4d.24xlarge");
  expect(nodePrice("us-east-1", "p4d.24xlarge", "reservation")).toEqual(price);
  expect(nodePrice("us-east-1", "p4d.24xlarge", "capacity-block")).toEqual({ ...price, basis: "estimated" });
  expect(nodePrice("us-east-1", "p4d.24xlarge", "spot")?.usdPerHour).toBeLessThan(price?.usdPerHour ?? 0);
});

describe("the budget", () => {
  test("is in the plan, if there is one", () => {
    expect(cost({ usdPerMonth: 500 }).budgetUsdPerMonth).toBe(500);
    expect(cost().budgetUsdPerMonth).toBeUndefined();
  });
});
