import type { HourlyPrice } from "./instance.ts";
import { findInstanceType, offeredIn } from "./instances.ts";
import data from "./prices.json" with { type: "json" };
import savings from "./spotSavings.json" with { type: "json" };

/** Prices of one region, read from one source on one day. */
export interface PriceList {
  readonly source: string;
  /** ISO date. */
  readonly date: string;
  /** Instance type to US dollars an hour, Linux, shared tenancy. */
  readonly usdPerHour: Readonly<Record<string, number>>;
}

/** Lists by region. */
export type PriceLists = Readonly<Record<string, PriceList>>;

export const onDemandPrices: PriceLists = data.onDemand;
/** Medians over a region's zones. */
export const spotPrices: PriceLists = data.spot;
/** Instance type to `region:percent`, space-separated. */
export const spotSavings: Readonly<Record<string, string>> = savings.percent;

/** Region whose list is complete: what the others are estimated from. */
export const referenceRegion = "us-east-1";

/**
 * On-demand price of an hour of Linux on shared tenancy.
 *
 * Where the catalog has no list price of the region, it is estimated: the price in us-east-1 times what the region
 * charges more for listed types, the median over the same family or, without one, over all. Regions keep one ratio
 * for most families, so such an estimate is usually within 5 percent.
 *
 * Undefined where the region doesn't offer the type, and for a type without an on-demand price anywhere: EC2 sells p5e
 * as capacity blocks only.
 */
export function onDemandPrice(region: string, type: string): HourlyPrice | undefined {
  if (!offeredIn(region, type)) return undefined;
  const listed = onDemandPrices[region]?.usdPerHour[type];
  if (listed !== undefined) return { usdPerHour: listed, basis: "listed" };
  const reference = onDemandPrices[referenceRegion]?.usdPerHour[type];
  if (reference === undefined) return undefined;
  return estimate(reference * regionRatio(region, findInstanceType(type)?.family));
}

/**
 * Spot price of an hour of Linux: a hint, it moves by the hour and differs between zones.
 *
 * Where none was read it is estimated: the on-demand price less the savings that AWS's Spot Instance Advisor gives for
 * the type in that region. Undefined where the region doesn't offer the type or the advisor has no figure, as for types
 * that are newer than it: nothing stands in for it, because savings range from none to nine tenths.
 */
export function spotPrice(region: string, type: string): HourlyPrice | undefined {
  if (!offeredIn(region, type)) return undefined;
  const listed = spotPrices[region]?.usdPerHour[type];
  if (listed !== undefined) return { usdPerHour: listed, basis: "listed" };
  const onDemand = onDemandPrice(region, type);
  const percent = savingsPercent(region, type);
  if (!onDemand || percent === undefined) return undefined;
  return estimate(onDemand.usdPerHour * (1 - percent / 100));
}

function estimate(usdPerHour: number): HourlyPrice {
  return { usdPerHour: Math.round(usdPerHour * 1e5) / 1e5, basis: "estimated" };
}

function savingsPercent(region: string, type: string): number | undefined {
  const entry = spotSavings[type]?.split(" ").find((text) => text.startsWith(`${region}:`));
  return entry === undefined ? undefined : Number(entry.slice(region.length + 1));
}

const ratios = new Map<string, number>();

/**
 * What a region charges in proportion to us-east-1: the median over the types of a family that are listed in both or,
 * without such a type or a family, over all types. For a region without a list, the median region's.
 */
export function regionRatio(region: string, family?: string): number {
  const key = `${region}/${family ?? ""}`;
  const known = ratios.get(key);
  if (known !== undefined) return known;
  const ratio =
    median(ratiosOf(region, (type) => findInstanceType(type)?.family === family)) ??
    median(ratiosOf(region, () => true)) ??
    median(
      Object.keys(onDemandPrices)
        .filter((other) => other !== referenceRegion)
        .map((other) => regionRatio(other)),
    ) ??
    1;
  ratios.set(key, ratio);
  return ratio;
}

function ratiosOf(region: string, counts: (type: string) => boolean): number[] {
  const reference = onDemandPrices[referenceRegion]?.usdPerHour ?? {};
  return Object.entries(onDemandPrices[region]?.usdPerHour ?? {}).flatMap(([type, price]) => {
    const base = reference[type];
    return base !== undefined && counts(type) ? [price / base] : [];
  });
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
