import fc from "fast-check";
import { capacityBlockFamilies } from "../../../catalog/ec2/capacityBlocks.ts";
import { instanceTypes, offeredIn } from "../../../catalog/ec2/instances.ts";
import { zonesOfRegion } from "../../../catalog/ec2/zones.ts";
import { type GpuName, gpuNames } from "../../../catalog/gpus.ts";
import { interfaceEndpoints } from "../../../catalog/interfaceEndpoints.ts";
import { purchaseOptions } from "../../../spec/capacity.ts";
import { gpusPerNode } from "../../../spec/defaults.ts";

/** Regions with many kinds of GPU, and with few: what each has. */
const regions = ["us-east-1", "us-west-2", "eu-central-1", "eu-west-1", "ap-northeast-1"].map((region) => {
  const offered = instanceTypes.filter(({ name }) => offeredIn(region, name));
  return {
    region,
    zones: zonesOfRegion(region),
    gpus: [...gpusPerNode({ cloud: { region } }).keys()],
    types: offered.map(({ name }) => name),
    blocks: offered.filter(({ family }) => capacityBlockFamilies.includes(family)).map(({ name }) => name),
  };
});

const reservations = fc.array(
  fc.record({ type: fc.nat(), count: fc.integer({ min: 1, max: 8 }), zone: fc.nat() }),
  { maxLength: 3 },
);

/** A VPC in 10.0.0.0/9. */
const cidr = fc
  .tuple(fc.integer({ min: 0, max: 127 }), fc.integer({ min: 0, max: 15 }), fc.integer({ min: 16, max: 20 }))
  .map(([second, part, prefix]) => {
    const third = part * 16 - ((part * 16) % 2 ** (24 - prefix));
    return `10.${second}.${third}.0/${prefix}`;
  });

/** Where in AWS, and what may be bought there: without a fault. */
export const cloudInput = fc
  .record({
    place: fc.constantFrom(...regions),
    zoneOrder: fc.shuffledSubarray([0, 1, 2], { minLength: 2 }),
    network: fc.record(
      {
        cidr,
        reserved: fc.subarray(["192.168.0.0/16", "172.16.0.0/12", "10.128.0.0/9", "203.0.113.0/24"]),
        nat: fc.constantFrom("single", "per-zone"),
        interfaceEndpoints: fc.shuffledSubarray([...interfaceEndpoints], { maxLength: 4 }),
      },
      { requiredKeys: [] },
    ),
    gpus: fc.option(fc.subarray([...gpuNames])),
    purchase: fc.option(fc.shuffledSubarray([...purchaseOptions], { minLength: 1 })),
    reservations,
    blocks: reservations,
    rest: fc.record(
      { headroom: fc.integer({ min: 0, max: 10 }), stability: fc.constantFrom(0, 0.1, 1) },
      { requiredKeys: [] },
    ),
  })
  .map(({ blocks, gpus, network, place, purchase, reservations: owned, rest, zoneOrder }) => {
    const zones = zoneOrder.flatMap((index) => place.zones[index] ?? []);
    const reserved = (wishes: typeof owned, types: readonly string[], prefix: string) =>
      wishes.flatMap(({ count, type, zone }, index) => {
        const instanceType = types[type % types.length];
        const inZone = zones[zone % zones.length];
        if (instanceType === undefined || inZone === undefined) return [];
        return [{ id: `cr-${prefix}000${index}`, instanceType, count, zone: inZone }];
      });
    const paid = {
      reservations: reserved(owned, place.types, "aaaa"),
      capacityBlocks: reserved(blocks, place.blocks, "bbbb").map((block) => ({
        ...block,
        endsAt: "2027-01-31T11:30:00Z",
      })),
    };
    const order = (purchase ?? []).filter(
      (way) =>
        (way !== "reservation" || paid.reservations.length > 0) &&
        (way !== "capacity-block" || paid.capacityBlocks.length > 0),
    );
    const kinds: GpuName[] | undefined = gpus?.filter((kind) => place.gpus.includes(kind));
    return {
      cloud: { region: place.region },
      network: { ...network, zones },
      capacity: {
        ...rest,
        ...paid,
        ...(order.length > 0 && { purchase: order }),
        ...(kinds && { gpus: kinds }),
      },
    };
  });
