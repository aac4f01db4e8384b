import { efaInterfacesOn } from "../../catalog/ec2/efa.ts";
import { findInstanceType } from "../../catalog/ec2/instances.ts";
import { gpu as gpuOf } from "../../catalog/gpus.ts";
import type { NodeGroupPlan } from "../infrastructure.ts";
import { sharesPerCard } from "../sharing.ts";
import { type NodeSettings, nodeConfig } from "./nodeConfig.ts";

/** How the instances of a node group are launched. Changing anything but the name replaces its nodes, a few at a time. */
export interface LaunchTemplatePlan {
  /** Changing it replaces the template and the node group. */
  readonly name: string;
  /** Only for capacity blocks: EC2 wants it here, and EKS then takes none in the node group. */
  readonly instanceType: string | undefined;
  readonly rootVolume: {
    /** The root device of AL2023. */
    readonly device: "/dev/xvda";
    readonly sizeGiB: number;
  };
  /** In plain text; AWS takes it in base64. */
  readonly userData: string | undefined;
  /** Buys from a capacity block. */
  readonly marketType: "capacity-block" | undefined;
  /** The capacity reservation or block that instances must come from. */
  readonly reservation: string | undefined;
  /** Network interfaces, where EFA needs them spelled out; empty: one, as EC2 makes it. */
  readonly interfaces: readonly InterfacePlan[];
  /** Name of a cluster placement group, which puts nodes close to each other. */
  readonly placementGroup: string | undefined;
}

export interface InterfacePlan {
  readonly card: number;
  readonly device: number;
  /** `efa-only` has no address, so that it takes none from the pods; `interface` has no EFA. */
  readonly type: "interface" | "efa" | "efa-only";
}

/** A node group to be launched, with its names. */
export interface Launch {
  readonly group: Pick<
    NodeGroupPlan,
    "gpu" | "instanceStore" | "instanceTypes" | "purchase" | "reservation" | "role" | "rootDiskGiB" | "zones"
  >;
  readonly names: { readonly template: string; readonly placementGroup: string };
}

export function planLaunchTemplate({ group, names }: Launch): LaunchTemplatePlan {
  const { instanceStore, instanceTypes, purchase, reservation, role, zones } = group;
  const block = purchase === "capacity-block";
  const interfaces = role === "gpu" ? efaInterfaces(instanceTypes) : [];
  const together = interfaces.length > 0 && reservation === undefined && zones.length === 1;
  return {
    name: names.template,
    instanceType: block ? instanceTypes[0] : undefined,
    rootVolume: { device: "/dev/xvda", sizeGiB: group.rootDiskGiB },
    userData: nodeConfig({
      instanceStore,
      fastImagePull: instanceStore && role === "gpu",
      mig: slicesOf(group.gpu),
    }),
    marketType: block ? "capacity-block" : undefined,
    reservation,
    interfaces,
    // A cluster placement group lies in one zone, and takes no instance of a reservation that was made outside of it.
    placementGroup: together ? names.placementGroup : undefined,
  };
}

/** How the driver is to cut each card; time slices are made by the device plugin alone. */
function slicesOf(gpu: NodeGroupPlan["gpu"]): NodeSettings["mig"] {
  if (gpu?.sharing?.kind !== "mig") return undefined;
  return { profile: gpu.sharing.profile, perCard: sharesPerCard(gpuOf(gpu.name), gpu.sharing) };
}

/**
 * Network interfaces of types that are made for models over several nodes: those with EFA on more than one network
 * card. One EFA per card, the first with the node's address, as many as all types of the group have. Device 0 is the
 * primary one; on every further card device 1 is the first that there may be. Card 0 of P6-B300 has no EFA.
 * Source: EC2 user guide, "Maximize network bandwidth on Amazon EC2 instances with multiple network cards"; pulumi-eks
 * 4.3.0, nodejs/eks/nodes/instances.ts.
 */
function efaInterfaces(instanceTypes: readonly string[]): InterfacePlan[] {
  const types = instanceTypes.map(findInstanceType);
  const most = Math.min(...types.map((type) => (type === undefined ? 0 : efaInterfacesOn(type))));
  if (most === 0) return [];
  const primary = instanceTypes.every((name) => name.startsWith("p6-b300.")) ? "interface" : "efa";
  const further = primary === "efa" ? most - 1 : most;
  return [
    { card: 0, device: 0, type: primary },
    ...Array.from(
      { length: further },
      (_, index): InterfacePlan => ({ card: index + 1, device: 1, type: "efa-only" }),
    ),
  ];
}
