import { describe, expect, test } from "vitest";
import { z } from "zod";
import { instanceType, instanceTypes, offeredIn, regions } from "../../../catalog/ec2/instances.ts";
import data from "../../../catalog/ec2/prices.json" with { type: "json" };
import {
  onDemandPrice,
  onDemandPrices,
  referenceRegion,
  regionRatio,
  spotPrice,
  spotPrices,
} from "../../../catalog/ec2/prices.ts";
import savings from "../../../catalog/ec2/spotSavings.json" with { type: "json" };
import { gpuNames } from "../../../catalog/gpus.ts";

const lists = [
  ...Object.entries(onDemandPrices).map(([region, list]) => ({
    name: `on-demand in ${region}`,
    region,
    list,
  })),
  ...Object.entries(spotPrices).map(([region, list]) => ({ name: `spot in ${region}`, region, list })),
];

test("prices.json and spotSavings.json have the form that their module reads", () => {
  const list = z.strictObject({
    source: z.string().min(20),
    date: z.iso.date(),
    usdPerHour: z.record(z.string(), z.number().positive().max(1000)),
  });
  const byRegion = z.record(z.string(), list);
  z.strictObject({ onDemand: byRegion, spot: byRegion }).parse(data);
  z.strictObject({
    source: z.string().min(20),
    date: z.iso.date(),
    percent: z.record(z.string(), z.string().regex(/^[a-z0-9-]+:\d{1,2}( [a-z0-9-]+:\d{1,2})*$/)),
  }).parse(savings);
});

describe.each(lists)("$name", ({ region, list }) => {
  test("prices only types that the region offers", () => {
    expect(Object.keys(list.usdPerHour).filter((name) => !offeredIn(region, name))).toEqual([]);
  });

  test("never asks less for more vCPUs of the same family with the same GPUs", () => {
    const cheaper = instanceTypes.flatMap((small) =>
      instanceTypes
        .filter((big) => big.family === small.family && big.gpu?.count === small.gpu?.count)
        .filter((big) => big.vcpus > small.vcpus)
        .filter((big) => (list.usdPerHour[big.name] ?? 1e9) < (list.usdPerHour[small.name] ?? 0))
        .map((big) => `${big.name} < ${small.name}`),
    );
    expect(cheaper).toEqual([]);
  });
});

test("us-east-1 lists every type but p5e, which EC2 sells as capacity blocks only", () => {
  const listed = onDemandPrices[referenceRegion]?.usdPerHour ?? {};
  expect(instanceTypes.filter(({ name }) => listed[name] === undefined).map(({ name }) => name)).toEqual([
    "p5e.48xlarge",
  ]);
});

test("every kind of GPU has an on-demand price somewhere", () => {
  const priced = new Set(
    instanceTypes
      .filter(({ name }) => regions.some((region) => onDemandPrice(region, name)))
      .flatMap(({ gpu }) => gpu?.name ?? []),
  );
  expect(gpuNames.filter((name) => !priced.has(name))).toEqual([]);
});

test("a list price is given as it stands", () => {
  expect(onDemandPrice("us-east-1", "g6.xlarge")).toEqual({ usdPerHour: 0.8048, basis: "listed" });
  expect(onDemandPrice("eu-central-1", "g6.xlarge")).toEqual({ usdPerHour: 1.0064, basis: "listed" });
  expect(spotPrice("us-east-1", "g5.xlarge")).toEqual({ usdPerHour: 0.436, basis: "listed" });
});

test("c7i.xlarge in Dublin is 0.1785 x 1.0729, the ratio of the c7i that are listed there", () => {
  expect(regionRatio("eu-west-1", "c7i")).toBeCloseTo(0.38304 / 0.357, 4);
  expect(onDemandPrice("eu-west-1", "c7i.xlarge")).toEqual({ usdPerHour: 0.19152, basis: "estimated" });
});

test("m7i.xlarge in Frankfurt is 0.2016 x 1.2505, the median ratio of what is listed there", () => {
  expect(onDemandPrice("eu-central-1", "m7i.xlarge")).toEqual({ usdPerHour: 0.2521, basis: "estimated" });
});

test("a region without any list costs what the median region costs: 0.096 x 1.2296 for m6i.large", () => {
  expect(onDemandPrices["ca-west-1"]).toBeUndefined();
  expect(regionRatio("ca-west-1", "m6i")).toBe(regionRatio("ap-southeast-4"));
  expect(regionRatio("ca-west-1")).toBeCloseTo(1.2296, 4);
  expect(onDemandPrice("ca-west-1", "m6i.large")).toEqual({ usdPerHour: 0.11804, basis: "estimated" });
});

test("spot g6.xlarge in us-east-1 is 0.8048 less the advisor's 49 %", () => {
  expect(spotPrice("us-east-1", "g6.xlarge")).toEqual({ usdPerHour: 0.41045, basis: "estimated" });
});

test("a spot price that nobody has read and the advisor doesn't know is undefined", () => {
  expect(offeredIn("us-east-1", "g7e.2xlarge")).toBe(true);
  expect(spotPrice("us-east-1", "g7e.2xlarge")).toBeUndefined();
});

test("nothing has a price where it isn't offered, or on demand when it is sold in blocks only", () => {
  expect(onDemandPrice("eu-west-1", "g6.xlarge")).toBeUndefined();
  expect(spotPrice("eu-west-1", "g6.xlarge")).toBeUndefined();
  expect(offeredIn("us-west-2", "p5e.48xlarge")).toBe(true);
  expect(onDemandPrice("us-west-2", "p5e.48xlarge")).toBeUndefined();
});

test("a spot price is above 0 and at most the on-demand price, in every region", () => {
  for (const region of regions) {
    for (const { name } of instanceTypes) {
      const spot = spotPrice(region, name)?.usdPerHour;
      if (spot === undefined) continue;
      expect(spot).toBeGreaterThan(0);
      expect(spot).toBeLessThanOrEqual(onDemandPrice(region, name)?.usdPerHour ?? 0);
    }
  }
});

test("savings are of types that the region offers", () => {
  const stray = Object.entries(savings.percent).flatMap(([name, text]) =>
    text
      .split(" ")
      .map((entry) => entry.split(":", 1)[0] ?? "")
      .filter((region) => !offeredIn(region, instanceType(name).name)),
  );
  expect(stray).toEqual([]);
});
