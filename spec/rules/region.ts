import { families } from "../../catalog/ec2/families.ts";
import {
  findInstanceType,
  instanceTypes,
  offeredIn,
  regions,
  regionsOffering,
} from "../../catalog/ec2/instances.ts";
import { zonesOfRegion } from "../../catalog/ec2/zones.ts";
import type { CapacitySpec } from "../capacity.ts";
import { gpusPerNode } from "../defaults.ts";
import type { Finding } from "../faults/issues.ts";
import type { Path } from "../faults/path.ts";
import { either, listed, unknownName } from "../faults/wording.ts";
import type { Judged } from "../judged.ts";
import type { Rule } from "./rule.ts";

/** The catalog must know the region. */
export const region: Rule = ({ cloud }) =>
  cloud && !regions.includes(cloud.region)
    ? [{ path: ["cloud", "region"], problem: unknownName(cloud.region, regions) }]
    : [];

/** A copy must be in another region, or it would be lost with it. */
export const replicaRegion: Rule = ({ cloud, storage }) => {
  const replica = storage?.replicaRegion;
  if (replica === undefined || cloud === undefined) return [];
  const path = ["storage", "replicaRegion"];
  if (!regions.includes(replica)) return [{ path, problem: unknownName(replica, regions) }];
  if (replica === cloud.region)
    return [
      { path, problem: "is where the bucket is: a copy there survives nothing that the bucket doesn't" },
    ];
  return [];
};

/** Zones must be the region's; those of reservations also the network's, where it names them. */
export const zones: Rule = ({ capacity, cloud, network }) => {
  const region = knownRegion(cloud);
  if (region === undefined) return [];
  const own = zonesOfRegion(region);
  const inNetwork = network?.zones;
  const outside = ({ path, zone }: Zoned) =>
    own.includes(zone) ? [] : [{ path, problem: `is not in ${region}: ${own.join(", ")} are` }];
  const elsewhere = ({ path, zone }: Zoned) =>
    own.includes(zone) && inNetwork && !inNetwork.includes(zone)
      ? [{ path, problem: `is not in network.zones, ${inNetwork.join(", ")}: no node could start there` }]
      : [];
  const reserved = reservations(capacity).map(({ path, zone }) => ({ path: [...path, "zone"], zone }));
  const listed = (inNetwork ?? []).map((zone, index) => ({ path: ["network", "zones", index], zone }));
  return [...listed.flatMap(outside), ...reserved.flatMap(outside), ...reserved.flatMap(elsewhere)];
};

interface Zoned {
  readonly path: Path;
  readonly zone: string;
}

/** What is reserved must be an instance type that the region offers and that capacity.families doesn't leave out. */
export const reservedTypes: Rule = ({ capacity, cloud }) => {
  const region = knownRegion(cloud);
  return reservations(capacity).flatMap(({ path, instanceType }) => {
    const problem = typeProblem(instanceType, region, capacity?.families);
    return problem === undefined ? [] : [{ path: [...path, "instanceType"], problem }];
  });
};

function typeProblem(
  name: string,
  region: string | undefined,
  allowed: readonly string[] | undefined,
): string | undefined {
  const type = findInstanceType(name);
  if (!type)
    return unknownName(
      name,
      instanceTypes.map((known) => known.name),
    );
  if (region !== undefined && !offeredIn(region, name)) {
    const elsewhere = regionsOffering(name);
    return `${region} doesn't offer it; ${regionsThatDo(elsewhere, region)}`;
  }
  if (allowed && !allowed.includes(type.family)) {
    return `capacity.families leaves out ${type.family}: it would be paid for and never used`;
  }
  return undefined;
}

/** Families must exist, and the region must offer something of each. */
export const allowedFamilies: Rule = ({ capacity, cloud }) => {
  const region = knownRegion(cloud);
  return (capacity?.families ?? []).flatMap((family, index): Finding[] => {
    const path = ["capacity", "families", index];
    if (!Object.hasOwn(families, family))
      return [{ path, problem: unknownName(family, Object.keys(families)) }];
    const types = instanceTypes.filter((type) => type.family === family);
    if (region === undefined || types.some(({ name }) => offeredIn(region, name))) return [];
    const elsewhere = [...new Set(types.flatMap(({ name }) => regionsOffering(name)))].sort();
    return [{ path, problem: `${region} offers no ${family}; ${regionsThatDo(elsewhere, region)}` }];
  });
};

/** The region must offer each kind of GPU, in a family that is allowed. */
export const allowedGpus: Rule = ({ capacity, cloud }) => {
  const region = knownRegion(cloud);
  if (region === undefined || !capacity?.gpus) return [];
  const supply = gpusPerNode({ capacity, cloud });
  return capacity.gpus.flatMap((name, index): Finding[] => {
    if (supply.has(name)) return [];
    const has = [...new Set(instanceTypes.flatMap((type) => (type.gpu?.name === name ? [type.family] : [])))];
    const here = has.filter((family) =>
      instanceTypes.some((type) => type.family === family && offeredIn(region, type.name)),
    );
    const problem =
      here.length > 0
        ? `capacity.families leaves out ${either(here)}, which ${here.length === 1 ? "has" : "have"} it`
        : `${region} offers no instance type with it: ${either(has)} ${has.length === 1 ? "is" : "are"} not there`;
    return [{ path: ["capacity", "gpus", index], problem }];
  });
};

/** The nearest by name are mostly those nearby. */
function regionsThatDo(names: readonly string[], region: string): string {
  if (names.length === 0) return "no region of the catalog does";
  return `${listed(names, region, 6)} ${names.length === 1 ? "does" : "do"}`;
}

interface Reserved {
  readonly path: Path;
  readonly id: string;
  readonly instanceType: string;
  readonly zone: string;
}

/** Reservations and capacity blocks with their places. */
export function reservations(capacity: CapacitySpec | undefined): Reserved[] {
  const placed = (list: "reservations" | "capacityBlocks") =>
    (capacity?.[list] ?? []).map(({ id, instanceType, zone }, index) => ({
      path: ["capacity", list, index],
      id,
      instanceType,
      zone,
    }));
  return [...placed("reservations"), ...placed("capacityBlocks")];
}

function knownRegion(cloud: Judged["cloud"]): string | undefined {
  return cloud && regions.includes(cloud.region) ? cloud.region : undefined;
}
