import { type Resource, resources } from "../fit.ts";
import type { Demand } from "../problem.ts";
import type { Host } from "./fleet.ts";
import type { Choices, OpenWay } from "./ways.ts";

/**
 * Resources that can run out, by host. Where every pod takes, in proportion to the room, no more of one resource than of
 * another, the first never runs out before the second: it needs no counting.
 */
export function countedResources(
  hosts: readonly Host[],
  choices: readonly Choices[],
): ReadonlySet<Resource>[] {
  const demands = hosts.map(() => new Map<string, Demand>());
  for (const { demand, hosts } of choices.flatMap(({ ways }) => ways)) {
    const key = resources.map((resource) => demand[resource]).join();
    for (const host of hosts) demands[host]?.set(key, demand);
  }
  return hosts.map(({ index, offer }) => countedOn(offer.room, [...(demands[index]?.values() ?? [])]));
}

function countedOn(room: Demand, demands: readonly Demand[]): Set<Resource> {
  const counted = new Set<Resource>(resources);
  // What is scarcest by nature is tried last, so that it is what remains.
  for (const resource of resources.toReversed()) {
    const covered = [...counted].some(
      (other) =>
        other !== resource &&
        room[other] > 0 &&
        demands.every((demand) => demand[resource] * room[other] <= demand[other] * room[resource]),
    );
    if (covered) counted.delete(resource);
  }
  return counted;
}

/**
 * What a pod takes of the resources that run out on some host of it. Pods that differ in nothing else become
 * interchangeable; placements stay exactly the same.
 */
export function relevantDemand(
  { demand, hosts }: OpenWay,
  counted: readonly ReadonlySet<Resource>[],
): Demand {
  const amount = (resource: Resource) =>
    hosts.some((host) => counted[host]?.has(resource)) ? demand[resource] : 0;
  const gpus = amount("gpus");
  return {
    gpu: gpus > 0 ? demand.gpu : undefined,
    gpus,
    milliCpus: amount("milliCpus"),
    memoryMiB: amount("memoryMiB"),
    diskGiB: amount("diskGiB"),
  };
}
