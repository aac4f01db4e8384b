import type { PurchaseOption } from "../../spec/capacity.ts";
import type { AwsPlatformSpec } from "../../spec/platform.ts";
import type { NodeGroupPlan } from "../infrastructure.ts";
import { fitName } from "../names.ts";
import { reservedLabels } from "../nodeGroups.ts";
import { sharingName } from "../sharing.ts";

/**
 * Node groups that stand empty until a planned one can't get its nodes: the same hardware bought in the ways that come
 * after its own. They cost nothing while they are empty. A way that a planned group of the same hardware already takes
 * makes none.
 */
export function fallbackGroups(
  groups: readonly NodeGroupPlan[],
  zones: readonly string[],
  capacity: AwsPlatformSpec["capacity"],
): NodeGroupPlan[] {
  const taken = new Set(groups.map(hardware));
  return groups.flatMap((group) =>
    group.fallbacks.flatMap((purchase) =>
      supplies(group, purchase, zones, capacity).flatMap((supply) => {
        const fallback = { ...group, ...supply, purchase, fallbacks: [], pods: {}, usdPerHour: 0 };
        if (taken.has(hardware(fallback))) return [];
        taken.add(hardware(fallback));
        return [fallback];
      }),
    ),
  );
}

type Supply = Pick<NodeGroupPlan, "instanceTypes" | "labels" | "name" | "reservation" | "size" | "zones">;

/** Where such capacity comes from: anywhere, or each reservation of the type that the spec names. */
function supplies(
  group: NodeGroupPlan,
  purchase: PurchaseOption,
  zones: readonly string[],
  capacity: AwsPlatformSpec["capacity"],
): Supply[] {
  const { instanceTypes, name, size } = group;
  const labels = Object.fromEntries(
    Object.entries(group.labels).filter(([label]) => !(label in reservedLabels)),
  );
  const named = (...parts: readonly string[]) =>
    fitName("eks-node-group", [name, "or", purchase, ...parts].join("-"));
  if (purchase === "spot" || purchase === "on-demand") {
    return [
      {
        name: named(),
        instanceTypes,
        labels,
        reservation: undefined,
        zones,
        size: { min: 0, planned: 0, max: size.max },
      },
    ];
  }
  const reservations = purchase === "reservation" ? capacity.reservations : capacity.capacityBlocks;
  return reservations
    .filter(({ instanceType }) => instanceType === instanceTypes[0])
    .map(({ count, id, instanceType, zone }) => ({
      name: named(id),
      instanceTypes: [instanceType],
      labels: { ...labels, ...reservedLabels },
      reservation: id,
      zones: [zone],
      size: { min: 0, planned: 0, max: Math.min(count, size.max) },
    }));
}

/** What makes two groups buy the same thing. */
const hardware = ({ gpu, instanceTypes, purchase, reservation, role }: NodeGroupPlan) =>
  [role, instanceTypes[0], gpu?.sharing ? sharingName(gpu.sharing) : "", purchase, reservation ?? ""].join(
    " ",
  );
