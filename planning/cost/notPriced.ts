import { eksVersions, type KubernetesVersion } from "../../catalog/eks.ts";
import { type ServicePriceName, servicePrice } from "../../catalog/prices.ts";
import type { NetworkPlan } from "../infrastructure.ts";

/**
 * What will also be on the bill and can't be known from a plan: what is paid by use, with its price, and what Kubernetes
 * costs once its version is out of standard support.
 */
export function notPriced(
  region: string,
  network: NetworkPlan,
  version: KubernetesVersion,
  { balanced, databases }: { readonly balanced: boolean; readonly databases: readonly unknown[] },
): string[] {
  const each = (price: ServicePriceName) => {
    const { usd, per } = servicePrice(region, price);
    return `$${usd} per ${per}`;
  };
  const extended = servicePrice(region, "eksClusterExtended").usd;
  return [
    `traffic through NAT: ${each("natGatewayTraffic")}`,
    ...(network.interfaceEndpoints.length > 0
      ? [`traffic through interface endpoints: ${each("interfaceEndpointTraffic")}`]
      : []),
    ...(balanced ? [`the load balancer's use: ${each("networkLoadBalancerUnit")}`] : []),
    "traffic to the internet and between zones",
    `objects in S3: ${each("s3Standard")}, and requests`,
    `images of ours in ECR, and older versions: ${each("ecrStorage")}`,
    `logs: ${each("logIngestion")} written and ${each("logStorage")} kept`,
    ...(databases.length > 0 ? [`the database's backups beyond its disk's size: ${each("rdsBackup")}`] : []),
    `snapshots of volumes: ${each("ebsSnapshot")}`,
    `Kubernetes ${version} after ${eksVersions[version].standardSupportEnds}: $${extended} an hour for the control plane`,
  ];
}
