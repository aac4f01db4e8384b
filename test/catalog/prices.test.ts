import { expect, test } from "vitest";
import {
  databaseClasses,
  databasePrice,
  type ServicePrice,
  servicePrice,
  servicePrices,
} from "../../catalog/prices.ts";

const all: [string, ServicePrice][] = Object.entries(servicePrices);

test("every price is above 0 and says which of AWS's pages it is from", () => {
  expect(all.filter(([, { usd }]) => !(usd > 0))).toEqual([]);
  expect(all.filter(([, { source }]) => !/^https:\/\/aws\.amazon\.com\/.+pricing$/.test(source))).toEqual([]);
});

test("a cluster and a public address cost the same everywhere, and that is a list price", () => {
  expect(servicePrice("sa-east-1", "eksCluster")).toEqual({ usd: 0.1, per: "hour", basis: "listed" });
  expect(servicePrice("sa-east-1", "publicIpv4").usd).toBe(0.005);
});

test("extended support makes a control plane six times as expensive", () => {
  const ratio =
    servicePrice("us-east-1", "eksClusterExtended").usd / servicePrice("us-east-1", "eksCluster").usd;
  expect(ratio).toBeCloseTo(6);
});

test("a NAT gateway in Frankfurt is 0.045 x 1.2505, an estimate", () => {
  expect(servicePrice("us-east-1", "natGateway")).toEqual({ usd: 0.045, per: "hour", basis: "listed" });
  const { usd, basis } = servicePrice("eu-central-1", "natGateway");
  expect(usd).toBeCloseTo(0.045 * 1.2505, 4);
  expect(basis).toBe("estimated");
});

test("a standby doubles a database: db.r6g.large is 0.225, with one 0.45", () => {
  expect(databasePrice("us-east-1", "db.r6g.large", false)).toEqual({
    usd: 0.225,
    per: "hour",
    basis: "listed",
  });
  expect(databasePrice("us-east-1", "db.r6g.large", true)?.usd).toBe(0.45);
  expect(databasePrice("us-east-1", "db.r6g.huge", true)).toBeUndefined();
});

test("a database of twice the size costs twice as much, within a percent", () => {
  const classes = Object.entries(databaseClasses);
  for (const [name, small] of classes) {
    const family = name.slice(0, name.lastIndexOf("."));
    const twice = classes.find(
      ([other, { vcpus, memoryGiB }]) =>
        other.startsWith(`${family}.`) && vcpus === 2 * small.vcpus && memoryGiB === 2 * small.memoryGiB,
    );
    if (twice) expect(twice[1].usdPerHour / small.usdPerHour).toBeCloseTo(2, 1);
  }
});
