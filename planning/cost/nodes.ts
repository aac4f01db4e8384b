import type { HourlyPrice } from "../../catalog/ec2/instance.ts";
import { onDemandPrice, spotPrice } from "../../catalog/ec2/prices.ts";
import type { CapacitySpec, PurchaseOption } from "../../spec/capacity.ts";
import type { CostItem, NodeGroupPlan } from "../infrastructure.ts";

/** Items, and what could not be priced and why. */
export interface PricedNodes {
  readonly items: readonly CostItem[];
  readonly notPriced: readonly string[];
}

/**
 * What an hour of a node costs. A reservation costs its on-demand price, used or not. A capacity block is paid in
 * advance at a price that AWS sets when it is bought: the on-demand price stands in for it, as an estimate.
 * Undefined where the catalog has no price.
 */
export function nodePrice(region: string, type: string, purchase: PurchaseOption): HourlyPrice | undefined {
  if (purchase === "spot") return spotPrice(region, type);
  const price = onDemandPrice(region, type);
  return price && purchase === "capacity-block" ? { ...price, basis: "estimated" } : price;
}

/**
 * Prices node groups at their planned size, one item each. Their root volumes are priced apart, as storage. Fallback
 * types and growth are not counted: the plan is what runs when everything asked for is there.
 */
export function priceNodes(nodeGroups: readonly NodeGroupPlan[], region: string): PricedNodes {
  return together(
    nodeGroups
      .filter(({ size }) => size.planned > 0)
      .map(({ instanceTypes: [type], name, purchase, reservation, size }) =>
        priced(region, `nodes/${name}`, size.planned, type, purchase, bought(purchase, reservation)),
      ),
  );
}

/** What is reserved and no planned node uses: it is paid all the same. */
export function priceIdle(
  { capacityBlocks, reservations }: Pick<CapacitySpec, "capacityBlocks" | "reservations">,
  nodeGroups: readonly NodeGroupPlan[],
  region: string,
): PricedNodes {
  const reserved = [
    ...reservations.map((one) => ({ ...one, purchase: "reservation" as const })),
    ...capacityBlocks.map((one) => ({ ...one, purchase: "capacity-block" as const })),
  ];
  return together(
    reserved.flatMap(({ count, id, instanceType, purchase }) => {
      const used = nodeGroups
        .filter(({ reservation }) => reservation === id)
        .reduce((sum, { size }) => sum + size.planned, 0);
      const idle = count - used;
      const how = `${purchase} ${id}, paid but not used`;
      return idle > 0 ? [priced(region, `nodes/idle-${id}`, idle, instanceType, purchase, how)] : [];
    }),
  );
}

function priced(
  region: string,
  component: `nodes/${string}`,
  count: number,
  type: string,
  purchase: PurchaseOption,
  how: string,
): PricedNodes {
  const price = nodePrice(region, type, purchase);
  if (price === undefined) {
    return { items: [], notPriced: [`${component}: no price of ${type} ${purchase} in ${region} is known`] };
  }
  const usdPerHour = count * price.usdPerHour;
  return {
    items: [{ component, what: `${count} x ${type}, ${how}`, usdPerHour, basis: price.basis }],
    notPriced: [],
  };
}

/** How it is bought, for a person. */
function bought(purchase: PurchaseOption, reservation: string | undefined): string {
  switch (purchase) {
    case "reservation":
      return `reservation ${reservation ?? ""}, paid whether used or not`;
    case "capacity-block":
      return `capacity-block ${reservation ?? ""}, at the on-demand price`;
    default:
      return purchase;
  }
}

function together(parts: readonly PricedNodes[]): PricedNodes {
  return {
    items: parts.flatMap(({ items }) => items),
    notPriced: parts.flatMap(({ notPriced }) => notPriced),
  };
}
