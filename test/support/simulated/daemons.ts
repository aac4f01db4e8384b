import { expect, vi } from "vitest";
import { allocatable, daemonsOn } from "../../../catalog/ec2/allocatable.ts";
import { efaHugePagesMiB, efaInterfacesOn } from "../../../catalog/ec2/efa.ts";
import { instanceType } from "../../../catalog/ec2/instances.ts";
import { devicePluginApp } from "../../../planning/foundation/gpuNodes.ts";
import type { SimulatedAws } from "../../../sandbox/aws/server.ts";
import { clusterName } from "../../../spec/defaults.ts";
import type { AwsPlatformSpec } from "../../../spec/platform.ts";
import { fillNodeGroups, nodesOf, openCluster, type SimulatedNode } from "./cluster.ts";

/**
 * A node of every group, started where there was none, runs those daemons that plans reckon with on its type, none of
 * them requests more than plans keep for it, and what is left for pods is at least what they were placed by. Nodes with
 * EFA say so by a label, and offer as many interfaces.
 */
export async function expectRoomForDaemons(aws: SimulatedAws, spec: AwsPlatformSpec): Promise<void> {
  const api = await openCluster(aws);
  const groups = await fillNodeGroups(aws, spec.cloud.region, clusterName(spec));
  const nodes = await vi.waitFor(async () => {
    const there = await nodesOf(api);
    expect(new Set(there.map(({ nodeGroup }) => nodeGroup)).size).toBe(groups);
    expect(there.map(daemonsThere)).toEqual(there.map(daemonsPlanned));
    return there;
  }, 60_000);
  for (const node of nodes) {
    expect([node.role, node.type, greedyDaemons(node), shortfall(node)]).toEqual([
      node.role,
      node.type,
      [],
      [],
    ]);
    expect([node.type, node.efa]).toEqual([node.type, efaPlanned(node)]);
  }
}

const daemonsThere = ({ daemons, role, type }: SimulatedNode) => [
  role,
  type,
  daemons.map(({ name }) => name),
];

/** The device plugin of shared cards has their sharing in its name, and the room of the other. */
const ownName = (daemon: string, sharing: string | undefined) =>
  daemon === devicePluginApp && sharing !== undefined ? `${daemon}-${sharing.replaceAll(".", "-")}` : daemon;

const daemonsPlanned = ({ role, sharing, type }: SimulatedNode) => [
  role,
  type,
  daemonsOn(instanceType(type))
    .map(({ name }) => ownName(name, sharing))
    .sort(),
];

/** What a node of this type has of EFA, where its group is launched with all the interfaces that there can be. */
function efaPlanned({ role, type }: SimulatedNode) {
  const interfaces = role === "gpu" ? efaInterfacesOn(instanceType(type)) : 0;
  return interfaces > 0 ? [`${interfaces}`, `${interfaces}`, `${efaHugePagesMiB}Mi`] : undefined;
}

/** Daemons that request more than what is kept free for them. */
function greedyDaemons({ daemons, sharing, type }: SimulatedNode) {
  const kept = new Map(
    daemonsOn(instanceType(type)).map((daemon) => [ownName(daemon.name, sharing), daemon]),
  );
  return daemons.filter(({ memoryMiB, milliCpus, name }) => {
    const reserved = kept.get(name);
    return milliCpus > (reserved?.milliCpus ?? 0) || memoryMiB > (reserved?.memoryMiB ?? 0);
  });
}

/** What a node has less of, beside its daemons, than pods were placed by. */
function shortfall({ allocatable: room, daemons, type }: SimulatedNode): string[] {
  const placedBy = allocatable(instanceType(type));
  const taken = (of: (daemon: (typeof daemons)[number]) => number) =>
    daemons.reduce((sum, daemon) => sum + of(daemon), 0);
  const left = {
    milliCpus: room.milliCpus - taken(({ milliCpus }) => milliCpus),
    memoryMiB: room.memoryMiB - taken(({ memoryMiB }) => memoryMiB),
    pods: room.pods - daemons.length,
  };
  return (["milliCpus", "memoryMiB", "pods"] as const).filter((what) => left[what] < placedBy[what]);
}
