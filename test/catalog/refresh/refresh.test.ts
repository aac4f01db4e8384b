import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { instanceTypes } from "../../../catalog/ec2/instances.ts";
import offerings from "../../../catalog/ec2/offerings.json" with { type: "json" };
import { onDemandPrices, spotPrices } from "../../../catalog/ec2/prices.ts";
import { type Refreshable, refresh } from "../../../catalog/refresh/refresh.ts";
import type { PriceSource, Quote } from "../../../catalog/refresh/source.ts";

const types = ["m7i.large", "m7i.xlarge", "g6.xlarge", "g6.2xlarge", "p5.48xlarge", "p5e.48xlarge"];
const prices = { "m7i.large": 0.1, "m7i.xlarge": 0.2, "g6.xlarge": 0.8, "g6.2xlarge": 1, "p5.48xlarge": 55 };
const everywhere = "eu-west-1 us-east-1";

const current: Refreshable = {
  onDemand: {
    "us-east-1": { source: "an old source", date: "2026-01-01", usdPerHour: prices },
    "eu-west-1": { source: "an old source", date: "2026-01-01", usdPerHour: { "m7i.large": 0.11 } },
  },
  spot: { "us-east-1": { source: "an old source", date: "2026-01-01", usdPerHour: { "g6.xlarge": 0.4 } } },
  offerings: {
    source: "an old source",
    date: "2026-01-01",
    regions: Object.fromEntries(types.map((type) => [type, everywhere])),
  },
};

const quote = (type: string, amount: number, other: Partial<Quote> = {}): Quote => ({
  type,
  amount,
  unit: "Hrs",
  currency: "USD",
  ...other,
});
const quotesOf = (list: Readonly<Record<string, number>>) =>
  Object.entries(list).map(([type, amount]) => quote(type, amount));

/** A source that says what the catalog says already, but for what is given. */
function source(changes: {
  onDemand?: readonly Quote[];
  spot?: readonly Quote[];
  offerings?: readonly string[];
}): PriceSource {
  return {
    names: { onDemand: "new prices", spot: "new spot prices", offerings: "new offerings" },
    onDemand: async () => changes.onDemand ?? quotesOf(prices),
    spot: async () => changes.spot ?? [quote("g6.xlarge", 0.4)],
    offerings: async () => changes.offerings ?? types,
  };
}

const refreshed = (changes: Parameters<typeof source>[0], region = "us-east-1") =>
  refresh(current, source(changes), types, [region], "2026-11-25");

describe("what has changed", () => {
  test("nothing: an empty report, and lists that say when and where they were read", async () => {
    const { data, report, problems } = await refreshed({});
    expect([report, problems]).toEqual([[], []]);
    expect(data.onDemand["us-east-1"]).toEqual({
      source: "new prices",
      date: "2026-11-25",
      usdPerHour: prices,
    });
    expect(data.offerings).toMatchObject({ source: "new offerings", date: "2026-11-25" });
  });

  test("other regions stay as they are", async () => {
    const { data } = await refreshed({ onDemand: quotesOf({ ...prices, "m7i.large": 0.12 }) });
    expect(data.onDemand["eu-west-1"]).toBe(current.onDemand["eu-west-1"]);
  });

  test("a rise, a fall, an addition and a removal, each on a line", async () => {
    const { "g6.2xlarge": _, ...rest } = prices;
    const { report } = await refreshed({
      onDemand: quotesOf({ ...rest, "m7i.large": 0.105, "p5.48xlarge": 44, "p5e.48xlarge": 60 }),
    });
    expect(report).toEqual([
      "us-east-1 on-demand: 1 added, 1 removed, 2 changed",
      "+ p5e.48xlarge 60",
      "~ m7i.large 0.1 -> 0.105 (+5.0 %)",
      "- g6.2xlarge 1",
      "~ p5.48xlarge 55 -> 44 (-20.0 %)",
    ]);
  });

  test("of several zones the median counts, of an even number the lower one", async () => {
    const { data } = await refreshed({
      spot: [0.5, 0.41, 0.42, 0.39].map((amount) => quote("g6.xlarge", amount)),
    });
    expect(data.spot["us-east-1"]?.usdPerHour).toEqual({ "g6.xlarge": 0.41 });
  });

  test("types that the catalog doesn't have are passed over", async () => {
    const { report, problems } = await refreshed({ onDemand: [...quotesOf(prices), quote("t2.nano", 0)] });
    expect([report, problems]).toEqual([[], []]);
  });

  test("a type that a region no longer offers leaves that region only", async () => {
    const { data, report } = await refreshed({ offerings: types.filter((type) => type !== "g6.2xlarge") });
    expect(data.offerings.regions["g6.2xlarge"]).toBe("eu-west-1");
    expect(report).toEqual(["- g6.2xlarge is no longer offered in us-east-1"]);
  });

  test("a region that is new to a type stands in alphabetical order", async () => {
    const { data, report } = await refreshed({}, "sa-east-1");
    expect(data.offerings.regions["g6.xlarge"]).toBe("eu-west-1 sa-east-1 us-east-1");
    expect(report).toContain("+ g6.xlarge is offered in sa-east-1");
  });
});

describe("nonsense is refused", () => {
  test.each([
    [0, "us-east-1 on-demand: g6.xlarge costs 0: a price is above 0"],
    [-1, "us-east-1 on-demand: g6.xlarge costs -1: a price is above 0"],
    [Number.NaN, "us-east-1 on-demand: g6.xlarge costs NaN: a price is above 0"],
  ])("a price of %d", async (amount, problem) => {
    const { problems } = await refreshed({ onDemand: quotesOf({ ...prices, "g6.xlarge": amount }) });
    expect(problems).toEqual([problem]);
  });

  test.each([
    [8.01, "went from 0.8 to 8.01, more than 10-fold"],
    [0.079, "went from 0.8 to 0.079, more than 10-fold"],
  ])("a jump to %d", async (amount, problem) => {
    const { problems } = await refreshed({ onDemand: quotesOf({ ...prices, "g6.xlarge": amount }) });
    expect(problems).toEqual([`us-east-1 on-demand: g6.xlarge ${problem}`]);
  });

  test("ten-fold itself is believed", async () => {
    const { problems } = await refreshed({ onDemand: quotesOf({ ...prices, "g6.xlarge": 8 }) });
    expect(problems).toEqual([]);
  });

  test("another unit, and another currency", async () => {
    const { problems } = await refreshed({
      onDemand: [
        ...quotesOf(prices),
        quote("g6.xlarge", 0.8, { unit: "Quantity" }),
        quote("m7i.large", 0.7, { currency: "CNY" }),
      ],
    });
    expect(problems).toEqual([
      "us-east-1 on-demand: g6.xlarge is priced per Quantity, not per hour (Hrs)",
      "us-east-1 on-demand: m7i.large is priced in CNY, not in USD",
    ]);
  });

  test("more than a fifth of a list gone: 2 of 5 is, 1 of 5 isn't", async () => {
    const { "g6.2xlarge": _, ...four } = prices;
    const { "m7i.large": __, ...three } = four;
    expect((await refreshed({ onDemand: quotesOf(four) })).problems).toEqual([]);
    expect((await refreshed({ onDemand: quotesOf(three) })).problems).toEqual([
      "us-east-1 on-demand: 2 of 5 entries are gone, more than a fifth (m7i.large, g6.2xlarge)",
    ]);
  });

  test("a region that suddenly offers nothing", async () => {
    const { problems } = await refreshed({ offerings: [] });
    expect(problems).toEqual([
      "us-east-1 offerings: 6 of 6 entries are gone, more than a fifth (m7i.large, m7i.xlarge, g6.xlarge, g6.2xlarge, p5.48xlarge, ...)",
    ]);
  });
});

test("whatever a source says: written prices are above 0, or there is a problem", async () => {
  const amount = fc.oneof(fc.double(), fc.constantFrom(0, 0.1, 1, 50));
  const quotes = fc.array(
    fc.record({
      type: fc.constantFrom(...types, "t2.nano"),
      amount,
      unit: fc.constantFrom("Hrs", "Hrs", "Hrs", "GB"),
      currency: fc.constantFrom("USD", "USD", "USD", "EUR"),
    }),
  );
  await fc.assert(
    fc.asyncProperty(quotes, quotes, async (onDemand, spot) => {
      const { data, problems } = await refreshed({ onDemand, spot });
      if (problems.length > 0) return;
      for (const lists of [data.onDemand, data.spot]) {
        for (const price of Object.values(lists["us-east-1"]?.usdPerHour ?? {}))
          expect(price).toBeGreaterThan(0);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("a source that repeats the catalog changes nothing in any region", async () => {
  const names = instanceTypes.map(({ name }) => name);
  const echo: PriceSource = {
    names: { onDemand: "", spot: "", offerings: "" },
    onDemand: async (region) => quotesOf(onDemandPrices[region]?.usdPerHour ?? {}),
    spot: async (region) => quotesOf(spotPrices[region]?.usdPerHour ?? {}),
    offerings: async (region) =>
      Object.entries(offerings.regions).flatMap(([type, regions]) =>
        regions.split(" ").includes(region) ? [type] : [],
      ),
  };
  const { data, report, problems } = await refresh(
    { onDemand: onDemandPrices, spot: spotPrices, offerings },
    echo,
    names,
    Object.keys(onDemandPrices),
    "2026-11-25",
  );
  expect([report, problems]).toEqual([[], []]);
  expect(data.offerings.regions).toEqual(offerings.regions);
});
