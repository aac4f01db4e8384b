import { databasePrice, type ServicePriceName } from "../../catalog/prices.ts";
import type { CostItem, NetworkPlan, NodeGroupPlan } from "../infrastructure.ts";
import type { VolumePlan } from "../volumes.ts";
import { counted, serviceItem } from "./items.ts";

/** An RDS database. */
export interface DatabaseCost {
  readonly name: string;
  /** Such as `db.m7g.large`: one that the catalog has a price of. */
  readonly instanceClass: string;
  readonly multiZone: boolean;
  readonly storageGiB: number;
}

/** The control plane, at the price of standard support. */
export function priceCluster(region: string): CostItem[] {
  return serviceItem(region, "cluster/control-plane", "1 EKS cluster", "eksCluster", 1);
}

/**
 * NAT gateways, the load balancer, interface endpoints in each zone, and public addresses: one of each NAT gateway and
 * one of the load balancer in each zone.
 * @param balanced whether there is a load balancer
 */
export function priceNetwork(region: string, network: NetworkPlan, balanced: boolean): CostItem[] {
  const zones = network.zones.length;
  const nats = network.natZones.length;
  const addresses = nats + (balanced ? zones : 0);
  const endpoints = network.interfaceEndpoints.length * zones;
  const item = (component: string, what: string, price: ServicePriceName, count: number) =>
    serviceItem(region, `network/${component}`, what, price, count);
  return [
    ...item("nat", counted(nats, "NAT gateway"), "natGateway", nats),
    ...item("load-balancer", "1 network load balancer", "networkLoadBalancer", balanced ? 1 : 0),
    ...item("addresses", counted(addresses, "public address", "public addresses"), "publicIpv4", addresses),
    ...item(
      "endpoints",
      `${counted(network.interfaceEndpoints.length, "interface endpoint")} in ${counted(zones, "zone")}`,
      "interfaceEndpoint",
      endpoints,
    ),
  ];
}

/** Root volumes of planned nodes in one item, and volumes of pods in one each; gp3 at its included speed. */
export function priceStorage(
  region: string,
  nodeGroups: readonly NodeGroupPlan[],
  volumes: readonly VolumePlan[],
): CostItem[] {
  const nodes = nodeGroups.reduce((sum, { size }) => sum + size.planned, 0);
  const roots = nodeGroups.reduce((sum, { rootDiskGiB, size }) => sum + size.planned * rootDiskGiB, 0);
  const gp3 = (component: string, count: number, gib: number) =>
    serviceItem(
      region,
      `storage/${component}`,
      `${counted(count, "gp3 volume")}, ${gib} GiB in all`,
      "gp3Storage",
      gib,
    );
  return [
    ...gp3("nodes", nodes, roots),
    ...volumes.flatMap(({ count, gib, name }) => gp3(name, count, count * gib)),
  ];
}

/** An image in ECR. */
export interface ImageCost {
  readonly name: string;
  /** Of one version, as the registry keeps it. */
  readonly gb: number;
}

/** One version of each: an older one beside it costs the same until it goes. */
export function priceImages(region: string, images: readonly ImageCost[]): CostItem[] {
  return images.flatMap(({ gb, name }) =>
    serviceItem(region, `storage/image-${name}`, `${gb.toFixed(1)} GB in ECR, one version`, "ecrStorage", gb),
  );
}

/** @throws RangeError for a class that the catalog has no price of */
export function priceDatabases(region: string, databases: readonly DatabaseCost[]): CostItem[] {
  return databases.flatMap(({ instanceClass, multiZone, name, storageGiB }) => {
    const price = databasePrice(region, instanceClass, multiZone);
    if (price === undefined) throw new RangeError(`the catalog has no price of ${instanceClass}`);
    const what = `${instanceClass}${multiZone ? " with a standby" : ""}`;
    const copies = multiZone ? 2 : 1;
    return [
      { component: `database/${name}`, what, usdPerHour: price.usd, basis: price.basis },
      ...serviceItem(region, `database/${name}`, `${storageGiB} GiB`, "rdsStorage", storageGiB * copies),
    ];
  });
}
