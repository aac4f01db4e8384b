import { addressCount, type Cidr, formatCidr, overlap, parseCidr, partOf } from "../spec/cidr.ts";
import type { AwsPlatformSpec } from "../spec/platform.ts";
import type { NetworkPlan, SubnetPlan } from "./infrastructure.ts";

/** Most zones of an environment: the layout keeps room for so many, whether they are used or not. */
const zoneSlots = 3;

/** Addresses of the prefix that the VPC CNI assigns at a time (Amazon EKS user guide, "Assign more IP addresses"). */
const prefixAddresses = 16;

/** Pods of a node that the EKS AMI allows with prefixes below 30 vCPUs (amazon-vpc-cni-k8s, max-pods calculator). */
const podsPerNode = 110;

/**
 * Address ranges of the VPC and everything in it.
 *
 * The VPC is cut into quarters. Zone 0, 1 and 2 have one each as their private subnet; the last quarter is cut into
 * four slots, one per zone and one spare, and of its slot a zone has the first quarter as public and the second as
 * intra subnet. Of a /16 that is per zone a /18 private (16,384 addresses), a /22 public and a /22 intra; of a /20 a
 * /22, a /26 and a /26, which is above the 8 free addresses that a load balancer wants in a /27 or larger (Elastic
 * Load Balancing user guide) and the 6 to 16 that EKS wants for its own interfaces (EKS user guide, "networking
 * requirements").
 *
 * A zone's place is its position in the list and depends on nothing else: a zone appended later moves no other.
 *
 * @param regionZones zones of the region, for specs that name none: the first two, in prod the first three
 * @throws RangeError for a VPC that is no /16 to /20; specs are checked before they get here
 */
export function planNetwork({
  environment,
  network,
  regionZones,
}: Pick<AwsPlatformSpec, "environment" | "network"> & {
  readonly regionZones: readonly string[];
}): NetworkPlan {
  const prod = environment === "prod";
  const vpc = parseCidr(network.cidr);
  if (vpc.prefix < 16 || vpc.prefix > 20) throw new RangeError(`a VPC must be a /16 to /20: ${network.cidr}`);
  const [first, ...others] = network.zones ?? regionZones.slice(0, prod ? 3 : 2);
  if (first === undefined) throw new RangeError("a VPC must have a zone");
  const zones = [first, ...others] as const;
  const nat = network.nat ?? (prod ? "per-zone" : "single");
  return {
    cidr: formatCidr(vpc),
    serviceCidr: formatCidr(serviceRange(vpc, network.reserved.map(parseCidr))),
    zones,
    subnets: zones.flatMap((zone, position) => subnetsOf(vpc, zone, position)),
    natZones: nat === "per-zone" ? zones : zones.slice(0, 1),
    interfaceEndpoints: [...new Set(network.interfaceEndpoints)].sort(),
  };
}

function subnetsOf(vpc: Cidr, zone: string, position: number): SubnetPlan[] {
  const letter = zone.slice(-1);
  const privateRange = partOf(vpc, vpc.prefix + 2, position);
  const slot = partOf(partOf(vpc, vpc.prefix + 2, zoneSlots), vpc.prefix + 4, position);
  const subnet = (tier: SubnetPlan["tier"], range: Cidr, podRanges: readonly Cidr[] = []): SubnetPlan => ({
    name: `${tier}-${letter}`,
    tier,
    zone,
    cidr: formatCidr(range),
    podRanges: podRanges.map(formatCidr),
  });
  return [
    subnet("public", partOf(slot, slot.prefix + 2, 0)),
    subnet("private", privateRange, podRangesOf(privateRange)),
    subnet("intra", partOf(slot, slot.prefix + 2, 1)),
  ];
}

/**
 * The middle half of a private subnet, as two aligned blocks. Nodes and load balancers take single addresses from
 * the outer quarters, so that they never break up the /28 blocks that pods need (EKS user guide, "Increase the
 * available IP addresses", asks for a reservation for that reason). The ends of a subnet, where AWS itself keeps five
 * addresses, stay outside.
 */
function podRangesOf(subnet: Cidr): Cidr[] {
  return [1, 2].map((quarter) => partOf(subnet, subnet.prefix + 2, quarter));
}

/**
 * Where Services get their addresses: EKS's own two choices first, else the first free /16 of 172.16.0.0/12 and
 * 10.0.0.0/8. It must not overlap the VPC (EKS API, KubernetesNetworkConfigRequest), and should not overlap what the
 * VPC is connected to, as pods could not reach that.
 */
function serviceRange(vpc: Cidr, reserved: readonly Cidr[]): Cidr {
  const first = parseCidr("172.20.0.0/16");
  const second = parseCidr("10.100.0.0/16");
  const candidates = [first, second, ...sixteens("172.16.0.0/12"), ...sixteens("10.0.0.0/8")];
  const free = candidates.find((range) => ![vpc, ...reserved].some((other) => overlap(range, other)));
  return free ?? (overlap(first, vpc) ? second : first);
}

function sixteens(text: string): Cidr[] {
  const block = parseCidr(text);
  return Array.from({ length: 2 ** (16 - block.prefix) }, (_, index) => partOf(block, 16, index));
}

/** What the pod ranges of one zone hold. */
export interface PodCapacity {
  /** /28 prefixes. */
  readonly prefixes: number;
  /** Addresses of pods: 16 per prefix. */
  readonly addresses: number;
  /** Nodes that run 110 pods each: 7 prefixes, and the one that the VPC CNI keeps warm (WARM_PREFIX_TARGET 1). */
  readonly fullNodes: number;
}

/** Room for pods per zone; every zone has the same. More comes from the rest of the subnet while it isn't broken up. */
export function podCapacity(network: NetworkPlan): PodCapacity {
  const ranges = network.subnets.find(({ tier }) => tier === "private")?.podRanges ?? [];
  const addresses = ranges.reduce((sum, range) => sum + addressCount(parseCidr(range)), 0);
  const prefixes = addresses / prefixAddresses;
  const perNode = Math.ceil(podsPerNode / prefixAddresses) + 1;
  return { prefixes, addresses, fullNodes: Math.floor(prefixes / perNode) };
}

/** The choices in words, for a person. */
export function explainNetwork(network: NetworkPlan): readonly string[] {
  const { prefixes, addresses, fullNodes } = podCapacity(network);
  const reserve = zoneSlots - network.zones.length;
  return [
    `${network.cidr} over ${network.zones.join(", ")}; room for ${reserve === 0 ? "no" : reserve} more`,
    `${addresses} pod addresses per zone (${prefixes} prefixes of /28): ${fullNodes} nodes of ${podsPerNode} pods`,
    network.natZones.length === 1
      ? `one NAT gateway, in ${network.natZones.join()}: the way out is lost with that zone`
      : `${network.natZones.length} NAT gateways: no zone needs another one to get out`,
  ];
}
