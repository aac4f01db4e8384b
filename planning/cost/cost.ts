import { defaultKubernetesVersion } from "../../catalog/eks.ts";
import type { ServicePriceName } from "../../catalog/prices.ts";
import type { AwsPlatformSpec } from "../../spec/platform.ts";
import type { CostItem, CostPlan, NetworkPlan, NodeGroupPlan } from "../infrastructure.ts";
import type { VolumePlan } from "../volumes.ts";
import { hoursPerMonth, serviceItem } from "./items.ts";
import { priceIdle, priceNodes } from "./nodes.ts";
import { notPriced } from "./notPriced.ts";
import {
  type DatabaseCost,
  type ImageCost,
  priceCluster,
  priceDatabases,
  priceImages,
  priceNetwork,
  priceStorage,
} from "./services.ts";

export interface CostInput {
  readonly spec: Pick<AwsPlatformSpec, "budget" | "capacity" | "cloud" | "cluster">;
  readonly network: NetworkPlan;
  readonly nodeGroups: readonly NodeGroupPlan[];
  /** Whether requests come in by a load balancer. Default: yes. */
  readonly balanced?: boolean;
  /** Volumes of pods. Default: none. */
  readonly volumes?: readonly VolumePlan[];
  /** RDS databases. Default: none. */
  readonly databases?: readonly DatabaseCost[];
  /** Images in ECR whose size is known before they are there, in GB. Default: none. */
  readonly images?: readonly ImageCost[];
  /** Other things that are paid by time, by their price in the catalog, such as `{ kmsKey: 2 }`. Default: none. */
  readonly others?: Partial<Readonly<Record<ServicePriceName, number>>>;
  /** What runs only for a while, for a person: it is in no total. Default: nothing. */
  readonly passing?: readonly string[];
}

/**
 * What an environment costs while it runs as planned. Every price is a list price of the catalog without discounts or
 * taxes; `basis` says where one is estimated for the region. The totals are the sums of the items, nothing is in one
 * that is not in the other.
 */
export function planCost(input: CostInput): CostPlan {
  const {
    balanced = true,
    databases = [],
    network,
    nodeGroups,
    images = [],
    others = {},
    passing = [],
    spec,
  } = input;
  const { volumes = [] } = input;
  const { region } = spec.cloud;
  const nodes = priceNodes(nodeGroups, region);
  const idle = priceIdle(spec.capacity, nodeGroups, region);
  const items = [
    ...priceCluster(region),
    ...nodes.items,
    ...idle.items,
    ...priceNetwork(region, network, balanced),
    ...priceStorage(region, nodeGroups, volumes),
    ...priceImages(region, images),
    ...priceDatabases(region, databases),
    ...otherItems(region, others),
  ];
  const usdPerHour = totalOf(items);
  return {
    items,
    usdPerHour,
    usdPerMonth: usdPerHour * hoursPerMonth,
    budgetUsdPerMonth: spec.budget?.usdPerMonth,
    notPriced: [
      ...passing,
      ...nodes.notPriced,
      ...idle.notPriced,
      ...notPriced(region, network, spec.cluster.version ?? defaultKubernetesVersion, {
        balanced,
        databases,
      }),
    ],
  };
}

function otherItems(region: string, others: NonNullable<CostInput["others"]>): CostItem[] {
  const names = Object.keys(others).filter((name): name is ServicePriceName => name in others);
  return names.flatMap((name) => {
    const count = others[name] ?? 0;
    return serviceItem(region, `others/${name}`, `${count} x ${name}`, name, count);
  });
}

function totalOf(items: readonly CostItem[]): number {
  return items.reduce((sum, { usdPerHour }) => sum + usdPerHour, 0);
}

/** A plan's cost by component, the part of its items' names before the slash: `nodes`, `network`. Dearest first. */
export function costByComponent(items: readonly CostItem[]): { component: string; usdPerHour: number }[] {
  const components = new Map<string, CostItem[]>();
  for (const item of items) {
    const component = item.component.split("/", 1).join();
    components.set(component, [...(components.get(component) ?? []), item]);
  }
  return [...components]
    .map(([component, own]) => ({ component, usdPerHour: totalOf(own) }))
    .sort((a, b) => b.usdPerHour - a.usdPerHour);
}
