import { gpuMatches, type Resource, resources } from "./fit.ts";
import type { Demand, Offer, PlacedNode, Role, Workload } from "./problem.ts";
import { openZones } from "./spread.ts";

/** A node that is being filled. */
export interface OpenNode {
  readonly offer: Offer;
  readonly role: Role;
  /** Index of the zone. */
  readonly zone: number;
  readonly rest: Record<Resource, number>;
  readonly pods: string[];
}

/**
 * Nodes and pods while they are put together, one pod after the other. Room, spread, roles and limits are kept at each
 * step; whether the workload may use the offer at all is for the caller to know.
 */
export class Packing {
  readonly nodes: OpenNode[] = [];
  readonly #used = new Map<string, number>();
  readonly #standing = new Map<string, OpenNode[]>();

  constructor(readonly zones: readonly string[]) {}

  /** Whether its limit leaves one more node of the offer. */
  isLeft({ id, limit }: Offer): boolean {
    return limit === undefined || (this.#used.get(id) ?? 0) < limit;
  }

  /** @returns undefined when the offer's limit is reached */
  open(offer: Offer, role: Role, zone: number): OpenNode | undefined {
    if (!this.isLeft(offer)) return undefined;
    this.#used.set(offer.id, (this.#used.get(offer.id) ?? 0) + 1);
    const node = { offer, role, zone, rest: { ...offer.room }, pods: [] };
    this.nodes.push(node);
    return node;
  }

  /** Replicas of the workload that have a place. */
  standing({ name }: Workload): number {
    return this.#standing.get(name)?.length ?? 0;
  }

  /** Zones in which the workload's next replica may stand. */
  zonesFor(workload: Workload): number[] {
    const standing = this.#standing.get(workload.name) ?? [];
    return openZones(
      workload,
      this.zones.map((_, zone) => standing.filter((node) => node.zone === zone).length),
    );
  }

  /** Whether the node has a place for another replica; its zone is not looked at. */
  admits({ offer, pods, rest, role }: OpenNode, workload: Workload, demand: Demand): boolean {
    return (
      role === workload.role &&
      pods.length < offer.pods &&
      gpuMatches(demand, offer.room) &&
      resources.every((resource) => demand[resource] <= rest[resource]) &&
      (workload.spread === "none" || !pods.includes(workload.name))
    );
  }

  add(node: OpenNode, workload: Workload, demand: Demand): void {
    this.#change(node, demand, -1);
    node.pods.push(workload.name);
    const standing = this.#standing.get(workload.name);
    if (standing) standing.push(node);
    else this.#standing.set(workload.name, [node]);
  }

  /** Takes all replicas of the workload away again, and the nodes that become empty. */
  remove(workload: Workload, demand: Demand): void {
    for (const node of this.#standing.get(workload.name) ?? []) {
      node.pods.splice(node.pods.indexOf(workload.name), 1);
      this.#change(node, demand, 1);
      if (node.pods.length === 0) this.close(node);
    }
    this.#standing.delete(workload.name);
  }

  close(node: OpenNode): void {
    this.nodes.splice(this.nodes.indexOf(node), 1);
    this.#used.set(node.offer.id, (this.#used.get(node.offer.id) ?? 0) - 1);
  }

  closeEmpty(): void {
    for (const node of this.nodes.filter(({ pods }) => pods.length === 0)) this.close(node);
  }

  placed(): PlacedNode[] {
    return this.nodes.map(({ offer, pods, zone }) => ({
      offer: offer.id,
      zone: this.zones[zone] ?? "",
      pods: pods.toSorted(),
    }));
  }

  #change({ rest }: OpenNode, demand: Demand, sign: 1 | -1): void {
    for (const resource of resources) rest[resource] += sign * demand[resource];
  }
}
