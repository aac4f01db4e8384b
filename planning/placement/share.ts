import { carries, podsPerNode } from "./fit.ts";
import type { Offer, Option } from "./problem.ts";

/** The cheapest way to pay for one pod, were its nodes filled with pods like it. */
export interface Share {
  readonly offer: Offer;
  readonly usdPerHour: number;
}

/**
 * @param offers those that the workload may use
 * @returns undefined where none carries the pod
 */
export function cheapestShare(offers: readonly Offer[], option: Option): Share | undefined {
  let best: Share | undefined;
  for (const offer of offers) {
    if (!carries(offer, option)) continue;
    const usdPerHour = offer.usdPerHour / podsPerNode(option.demand, offer);
    if (best === undefined || usdPerHour < best.usdPerHour) best = { offer, usdPerHour };
  }
  return best;
}
