import { allocatable } from "../../catalog/ec2/allocatable.ts";
import type { InstanceType } from "../../catalog/ec2/instance.ts";
import { findInstanceType, instanceTypes, offeredIn } from "../../catalog/ec2/instances.ts";
import { onDemandPrice, spotPrice } from "../../catalog/ec2/prices.ts";
import { type GpuName, gpu } from "../../catalog/gpus.ts";
import type { CapacitySpec, PurchaseOption } from "../../spec/capacity.ts";
import { cardKind, type GpuSharing, sharesPerCard, sharingName } from "../sharing.ts";
import type { NodeFeature, Offer, Role } from "./problem.ts";

/** Where and under which limits nodes may be bought. */
export interface Market {
  readonly region: string;
  readonly zones: readonly [string, ...string[]];
  readonly capacity: CapacitySpec;
  /** Ways in which models share cards. Default: none. */
  readonly sharings?: readonly GpuSharing[];
}

/** GiB of a node's disk for weights and scratch where it has no instance store: a gp3 root volume, made as large. */
const gp3RoomGiB = 2048;

/** Families whose GPUs the EKS AMI for NVIDIA doesn't list (EKS user guide, "EKS-optimized accelerated AMIs"). */
const withoutAmi: readonly string[] = ["g7"];

/** Families for pods without a GPU: current general, compute and memory ones with full-time CPUs. */
const cpuFamilies = /^[cmr]\d+[ai]d?$/;
/** Families with an instance store, for vectors that are read from disk at random. */
const storageFamilies = /^(i\d+[a-z]*|[cmr]\d+i?d)$/;

/**
 * Everything that may be bought: each instance type of the catalog that the region has and the spec allows, in each
 * way that has a price, and each reservation; and those with GPUs once more for each way in which models share cards. x86 only, because the images are; no bare metal, which takes ten minutes
 * to boot; no instance types with a part of a GPU.
 */
export function offersOf(market: Market): Offer[] {
  const types = instanceTypes.filter((type) => isUsable(type, market));
  const onMarket = types.flatMap((type) => marketOffers(type, market));
  const shared = (market.sharings ?? []).flatMap((sharing) =>
    onMarket.flatMap((offer) => sharedOffer(offer, sharing)),
  );
  return [...onMarket, ...shared, ...reservedOffers(market)];
}

/**
 * The same nodes with all of their cards shared. Not for reservations: cut and whole nodes would be two offers that draw on
 * one limit, and each has a limit of its own here.
 */
function sharedOffer(offer: Offer, sharing: GpuSharing): Offer[] {
  const { instanceType, purchase, room } = offer;
  const type = findInstanceType(instanceType);
  const perCard = type?.gpu ? sharesPerCard(gpu(type.gpu.name), sharing) : 0;
  if (type?.gpu === undefined || perCard === 0) return [];
  return [
    {
      ...offer,
      id: `${instanceType}:${sharingName(sharing)}/${purchase}`,
      sharing,
      room: { ...room, gpu: cardKind(type.gpu.name, sharing), gpus: type.gpu.count * perCard },
    },
  ];
}

function isUsable(type: InstanceType, { capacity, region }: Market): boolean {
  return (
    type.architecture === "x86_64" &&
    !type.name.includes("metal") &&
    !withoutAmi.includes(type.family) &&
    offeredIn(region, type.name) &&
    (capacity.families === undefined || capacity.families.includes(type.family)) &&
    (type.gpu === undefined || mayUse(type.gpu.name, capacity)) &&
    rolesOf(type).length > 0
  );
}

/** Without a word in the spec, all but the T4: it has no FlashAttention, no bfloat16, and no fp8. */
function mayUse(name: GpuName, { gpus }: CapacitySpec): boolean {
  return gpus === undefined ? gpu(name).flashAttention !== undefined : gpus.includes(name);
}

/** What an instance type is for. One with GPUs only for pods that use them: they are what is paid for. */
export function rolesOf({ family, gpu: gpus, vcpus, memoryMiB }: InstanceType): readonly Role[] {
  if (gpus) return ["gpu"];
  const roles: Role[] = [];
  if (cpuFamilies.test(family)) roles.push("cpu", "embeddings", "vectors");
  // Enough for the add-ons of every cluster, not so much that losing one hurts.
  if (/^m\d/.test(family) && cpuFamilies.test(family) && vcpus <= 8 && memoryMiB >= 8192)
    roles.push("system");
  if (storageFamilies.test(family) && !roles.includes("vectors")) roles.push("vectors");
  return roles;
}

function marketOffers(type: InstanceType, { region, zones }: Market): Offer[] {
  const ways: readonly (readonly [PurchaseOption, number | undefined])[] = [
    ["spot", spotPrice(region, type.name)?.usdPerHour],
    ["on-demand", onDemandPrice(region, type.name)?.usdPerHour],
  ];
  return ways.flatMap(([purchase, usdPerHour]) =>
    usdPerHour === undefined
      ? []
      : [{ ...nodeOf(type), id: `${type.name}/${purchase}`, purchase, zones, limit: undefined, usdPerHour }],
  );
}

/**
 * Reservations and capacity blocks are paid for whether used or not, so one more node of them costs nothing; the cost
 * plan counts them whole.
 */
function reservedOffers({ capacity }: Market): Offer[] {
  const kinds = [
    ["reservation", capacity.reservations],
    ["capacity-block", capacity.capacityBlocks],
  ] as const;
  return kinds.flatMap(([purchase, reservations]) =>
    reservations.flatMap(({ count, id, instanceType, zone }) => {
      const type = findInstanceType(instanceType);
      if (type === undefined) return [];
      const node = nodeOf(type);
      const offer: Offer = {
        ...node,
        features: [...node.features, `zone:${zone}`],
        id: `${instanceType}/${purchase}/${id}`,
        purchase,
        zones: [zone],
        limit: count,
        usdPerHour: 0,
      };
      return [offer];
    }),
  );
}

function nodeOf(type: InstanceType): Pick<Offer, "instanceType" | "roles" | "room" | "pods" | "features"> {
  const { memoryMiB, milliCpus, pods } = allocatable(type);
  return {
    instanceType: type.name,
    roles: rolesOf(type),
    room: {
      gpu: type.gpu?.name,
      gpus: type.gpu?.count ?? 0,
      milliCpus,
      memoryMiB,
      // Decimal GB of the instance store as GiB.
      diskGiB: type.nvmeGB > 0 ? Math.floor((type.nvmeGB * 1e9) / 2 ** 30) : gp3RoomGiB,
    },
    pods,
    features: featuresOf(type),
  };
}

function featuresOf({ avx512, efaInterfaces, nvmeGB }: InstanceType): NodeFeature[] {
  return [
    ...(avx512.includes("vpopcntdq") ? (["avx512-vpopcntdq"] as const) : []),
    ...(nvmeGB > 0 ? (["nvme"] as const) : []),
    ...(efaInterfaces > 0 ? (["efa"] as const) : []),
  ];
}
