import type { HourlyPrice } from "./instance.ts";
import { offeredIn } from "./instances.ts";
import data from "./prices.json" with { type: "json" };

/** Prices of one region, read from one source on one day. */
export interface PriceList {
  readonly source: string;
  /** ISO date. */
  readonly date: string;
  /** Instance type to US dollars an hour, Linux, shared tenancy. */
  readonly usdPerHour: Readonly<Record<string, number>>;
}

/** By region. */
export const onDemandPrices: Readonly<Record<string, PriceList>> = data.onDemand;
export const spotPrices: Readonly<Record<string, PriceList>> = data.spot;

/** Region whose list is complete: what the others are estimated from. */
export const referenceRegion = "us-east-1";

/**
 * On-demand price of an hour of Linux on shared tenancy.
 * Where the catalog has no list price of the region, that of us-east-1 stands in as an estimate: us-west-2 and
 * us-east-2 cost the same, Europe some 5 to 15 percent more, São Paulo half as much again.
 * Undefined where the region doesn't offer the type, and for a type that has no on-demand price anywhere (p5e: EC2
 * sells it as capacity blocks only).
 */
export function onDemandPrice(region: string, type: string): HourlyPrice | undefined {
  return offeredIn(region, type) ? priceIn(onDemandPrices, region, type) : undefined;
}

/**
 * Spot price of an hour of Linux, the median of the region's zones on the day it was read: a hint, it moves by the
 * hour. Estimated from us-east-1's elsewhere. Undefined for a type whose spot price the catalog has not read: nothing
 * stands in for it, because the discount differs between types from none to nine tenths.
 */
export function spotPrice(region: string, type: string): HourlyPrice | undefined {
  return offeredIn(region, type) ? priceIn(spotPrices, region, type) : undefined;
}

function priceIn(
  lists: Readonly<Record<string, PriceList>>,
  region: string,
  type: string,
): HourlyPrice | undefined {
  const listed = lists[region]?.usdPerHour[type];
  if (listed !== undefined) return { usdPerHour: listed, basis: "listed" };
  const reference = lists[referenceRegion]?.usdPerHour[type];
  return reference === undefined ? undefined : { usdPerHour: reference, basis: "estimated" };
}
