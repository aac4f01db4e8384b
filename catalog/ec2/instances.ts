import { avx512, families } from "./families.ts";
import type { InstanceType } from "./instance.ts";
import offerings from "./offerings.json" with { type: "json" };
import data from "./types.json" with { type: "json" };

/** A row of `types.json`. What is absent is 0. */
interface Row {
  readonly name: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly gpus?: number | undefined;
  readonly nvmeGB?: number | undefined;
  readonly efaInterfaces?: number | undefined;
  readonly networkGbps: number;
  readonly networkInterfaces: number;
  readonly ipv4PerInterface: number;
}

const rows: readonly Row[] = data.types;
const offered: Readonly<Record<string, string>> = offerings.regions;

/** Every EC2 instance type that a plan may use, by family and then by size. */
export const instanceTypes: readonly InstanceType[] = rows.map(instanceTypeOf);

const byName: ReadonlyMap<string, InstanceType> = new Map(instanceTypes.map((type) => [type.name, type]));

const regionsByType: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(offered).map(([type, names]) => [type, new Set(names.split(" "))]),
);

/** AWS regions that the catalog knows, in alphabetical order. */
export const regions: readonly string[] = [
  ...new Set([...regionsByType.values()].flatMap((names) => [...names])),
].sort();

/** An instance type; undefined for a name that the catalog doesn't have. */
export function findInstanceType(name: string): InstanceType | undefined {
  return byName.get(name);
}

/** @throws Error for a name that the catalog doesn't have; check what people wrote with `findInstanceType` first */
export function instanceType(name: string): InstanceType {
  const type = byName.get(name);
  if (!type) throw new Error(`the catalog has no EC2 instance type ${name}`);
  return type;
}

/** Whether EC2 offers an instance type in a region, in at least one zone; false for a name of either that is unknown. */
export function offeredIn(region: string, name: string): boolean {
  return regionsByType.get(name)?.has(region) ?? false;
}

/** Regions that offer an instance type, in alphabetical order; none for an unknown name. */
export function regionsOffering(name: string): readonly string[] {
  return [...(regionsByType.get(name) ?? [])];
}

function instanceTypeOf(row: Row): InstanceType {
  const { name, gpus = 0, nvmeGB = 0, efaInterfaces = 0 } = row;
  const familyName = name.slice(0, name.indexOf("."));
  const family = families[familyName];
  if (!family) throw new Error(`catalog/ec2/families.ts has no family ${familyName}`);
  return {
    name,
    family: familyName,
    architecture: family.architecture,
    vcpus: row.vcpus,
    memoryMiB: row.memoryMiB,
    gpu: family.gpu && gpus > 0 ? { name: family.gpu, count: gpus } : undefined,
    nvmeGB,
    avx512: avx512(family.cpu),
    efaInterfaces,
    networkGbps: row.networkGbps,
    networkInterfaces: row.networkInterfaces,
    ipv4PerInterface: row.ipv4PerInterface,
  };
}
