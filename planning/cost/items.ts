import { type ServicePriceName, servicePrice } from "../../catalog/prices.ts";
import type { CostItem } from "../infrastructure.ts";
import type { CostComponent } from "../ownership.ts";

/** Hours of a month, as AWS's pricing calculator counts them: 8,760 / 12. */
export const hoursPerMonth = 730;

/**
 * What `count` units of something cost. `count` is in what the catalog prices: pieces for a price per hour or month,
 * GB for a price per GB-month.
 * @returns nothing for none of it, so that a plan lists only what it has
 */
export function serviceItem(
  region: string,
  component: `${CostComponent}/${string}`,
  what: string,
  price: ServicePriceName,
  count: number,
): CostItem[] {
  if (count === 0) return [];
  const { usd, per, basis } = servicePrice(region, price);
  return [{ component, what, usdPerHour: (usd * count) / hoursOf(per), basis }];
}

/** @throws RangeError for what is not paid by time: it belongs to `notPriced` */
function hoursOf(per: ReturnType<typeof servicePrice>["per"]): number {
  switch (per) {
    case "hour":
      return 1;
    case "month":
    case "GB-month":
    case "IOPS-month":
    case "MB/s-month":
      return hoursPerMonth;
    default:
      throw new RangeError(`what is paid per ${per} depends on use`);
  }
}

/** "1 volume", "3 volumes". */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${count} ${count === 1 ? singular : plural}`;
}
