import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { z } from "zod";
import { families } from "../../../catalog/ec2/families.ts";
import {
  findInstanceType,
  instanceType,
  instanceTypes,
  offeredIn,
  regions,
  regionsOffering,
} from "../../../catalog/ec2/instances.ts";
import offerings from "../../../catalog/ec2/offerings.json" with { type: "json" };
import types from "../../../catalog/ec2/types.json" with { type: "json" };
import { gpuNames } from "../../../catalog/gpus.ts";

const positive = z.number().positive();
const count = z.int().min(1);
const isoDate = z.iso.date();
const names = instanceTypes.map(({ name }) => name);

test("types.json has the form that its module reads", () => {
  const row = z.strictObject({
    name: z.string().regex(/^[a-z0-9-]+\.[a-z0-9-]+$/),
    vcpus: count,
    memoryMiB: count,
    gpus: z.int().min(1).max(8).optional(),
    nvmeGB: count.optional(),
    efaInterfaces: count.optional(),
    networkGbps: positive,
    networkInterfaces: count,
    ipv4PerInterface: count,
  });
  z.strictObject({ source: z.string().min(20), date: isoDate, types: z.array(row).min(300) }).parse(types);
});

test("no instance type is there twice", () => {
  expect(new Set(names).size).toBe(names.length);
});

test("every family has an instance type, and every type a family", () => {
  expect([...new Set(instanceTypes.map(({ family }) => family))].sort()).toEqual(
    Object.keys(families).sort(),
  );
});

test("a type has GPUs where, and only where, its family has a kind that a plan may use", () => {
  for (const type of types.types) {
    const family = families[type.name.slice(0, type.name.indexOf("."))];
    expect([type.name, type.gpus !== undefined]).toEqual([type.name, family?.gpu !== undefined]);
  }
});

test("every kind of GPU can be had in some instance type", () => {
  const carried = new Set(instanceTypes.flatMap(({ gpu }) => gpu?.name ?? []));
  expect(gpuNames.filter((name) => !carried.has(name))).toEqual([]);
});

test("p4d has A100s of 40 GB and p4de of 80 GB", () => {
  expect(instanceType("p4d.24xlarge").gpu).toEqual({ name: "A100-40", count: 8 });
  expect(instanceType("p4de.24xlarge").gpu).toEqual({ name: "A100-80", count: 8 });
});

test("V100, T4G and slices of an L4 count as no GPU", () => {
  for (const name of ["p3dn.24xlarge", "g5g.xlarge", "g6f.4xlarge", "gr6f.4xlarge"]) {
    expect([name, instanceType(name).gpu]).toEqual([name, undefined]);
  }
});

test("Ice Lake and later have VPOPCNTDQ; Cascade Lake, Zen 3 and Graviton don't", () => {
  const has = (name: string) => instanceType(name).avx512.includes("vpopcntdq");
  expect(["i4i.large", "m7i.large", "r7a.large", "p5en.48xlarge"].map(has)).toEqual([true, true, true, true]);
  expect(["i3en.large", "g4dn.xlarge", "m6a.large", "r8g.large", "p5.48xlarge"].map(has)).toEqual(
    Array(5).fill(false),
  );
});

test("every instance type is offered in some region, and nothing else is", () => {
  z.strictObject({
    source: z.string().min(20),
    date: isoDate,
    regions: z.record(z.string(), z.string().regex(/^[a-z]{2}-[a-z]+-\d( [a-z]{2}-[a-z]+-\d)*$/)),
  }).parse(offerings);
  expect(Object.keys(offerings.regions)).toEqual(names);
});

test("g6 is sold in Frankfurt and not in Dublin", () => {
  expect(offeredIn("eu-central-1", "g6.xlarge")).toBe(true);
  expect(offeredIn("eu-west-1", "g6.xlarge")).toBe(false);
  expect(regionsOffering("p6-b300.48xlarge")).toContain("us-west-2");
});

test("every region offers something, and a region is named once", () => {
  expect(new Set(regions).size).toBe(regions.length);
  expect(regions).toContain("us-east-1");
  for (const name of names) expect(new Set(regionsOffering(name)).size).toBe(regionsOffering(name).length);
});

test("an unknown name is undefined, nowhere offered, or an error that names it", () => {
  expect(findInstanceType("g6.extralarge")).toBeUndefined();
  expect(offeredIn("us-east-1", "g6.extralarge")).toBe(false);
  expect(regionsOffering("g6.extralarge")).toEqual([]);
  expect(() => instanceType("g6.extralarge")).toThrow("no EC2 instance type g6.extralarge");
});

test("the catalog loads the way a Pulumi program is loaded", () => {
  const { load } = createRequire(import.meta.url)("../../../runtime/load.cjs");
  expect(load("catalog/ec2/instances.ts").instanceTypes).toHaveLength(instanceTypes.length);
});
