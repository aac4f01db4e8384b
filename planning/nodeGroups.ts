import { findInstanceType } from "../catalog/ec2/instances.ts";
import type { CapacitySpec, PurchaseOption } from "../spec/capacity.ts";
import { nodePrice } from "./cost/nodes.ts";
import type { NodeGroupPlan } from "./infrastructure.ts";
import { fitName } from "./names.ts";
import type { Offer, PlacedNode, Role, Workload } from "./placement/problem.ts";
import { sharingLabel, sharingName } from "./sharing.ts";

/** Taint of all nodes with a GPU: what needs none stays off them. */
export const gpuTaint = "nvidia.com/gpu";

/** What node groups are made from: a placement and what it was made from. */
export interface Placed {
  readonly nodes: readonly PlacedNode[];
  /** Nodes that are there only while something runs, such as a training. Default: none. */
  readonly passing?: readonly PlacedNode[];
  readonly offers: readonly Offer[];
  readonly workloads: readonly Workload[];
}

export interface GroupRules {
  readonly region: string;
  readonly prod: boolean;
  readonly capacity: CapacitySpec;
}

interface Group {
  readonly offer: Offer;
  readonly role: Role;
  readonly nodes: PlacedNode[];
  readonly passing: PlacedNode[];
}

/**
 * GiB of the root volume beyond what pods keep on it: three times the images (one in use, one arriving, its unpacked
 * layers) and the system. vLLM's image has 10 GB packed and some 25 unpacked, those of other roles at most 3.
 */
const rootDiskGiB: Readonly<Record<Role, number>> = {
  system: 50,
  cpu: 50,
  embeddings: 50,
  vectors: 50,
  gpu: 100,
};

/** One managed node group per role and offer in use, in a stable order. */
export function planNodeGroups(placed: Placed, rules: GroupRules): NodeGroupPlan[] {
  const offers = new Map(placed.offers.map((offer) => [offer.id, offer]));
  const workloads = new Map(placed.workloads.map((workload) => [workload.name, workload]));
  const groups = new Map<string, Group>();
  const passing = new Set(placed.passing);
  for (const node of [...placed.nodes, ...passing]) {
    const offer = offers.get(node.offer);
    const role = workloads.get(node.pods[0] ?? "")?.role;
    if (offer === undefined || role === undefined) continue;
    const key = `${role} ${offer.id}`;
    const group = groups.get(key) ?? { offer, role, nodes: [], passing: [] };
    groups.set(key, group);
    (passing.has(node) ? group.passing : group.nodes).push(node);
  }
  return [...groups.values()]
    .map((group) => planGroup(group, workloads, placed.offers, rules))
    .sort((a, b) => compare(a.name, b.name));
}

function planGroup(
  { offer, role, nodes, passing }: Group,
  workloads: ReadonlyMap<string, Workload>,
  offers: readonly Offer[],
  rules: GroupRules,
): NodeGroupPlan {
  const type = findInstanceType(offer.instanceType);
  const pods = countPods([...nodes, ...passing]);
  const planned = nodes.length;
  const reservation = reservationOf(offer);
  const gpu = offer.room.gpu === undefined ? undefined : type?.gpu;
  return {
    name: groupName(offer, role),
    role,
    instanceTypes: [offer.instanceType, ...(offer.purchase === "spot" ? similar(offer, role, offers) : [])],
    purchase: offer.purchase,
    reservation,
    fallbacks: fallbacksOf(Object.keys(pods), offer.purchase, workloads),
    zones: offer.zones,
    size: {
      min: role === "system" ? planned : rules.prod ? planned - shrinkage(nodes, workloads, offer) : 0,
      planned,
      max: Math.min(
        planned + passing.length + rules.capacity.headroom + growth(Object.keys(pods), workloads, offer),
        offer.limit ?? Number.POSITIVE_INFINITY,
      ),
    },
    gpu: gpu && { name: gpu.name, perNode: gpu.count, sharing: offer.sharing },
    labels: {
      "ai-platform/role": role,
      ...(gpu ? { "ai-platform/gpu": gpu.name } : {}),
      ...(offer.sharing ? { [sharingLabel]: sharingName(offer.sharing) } : {}),
      ...(reservation === undefined ? {} : reservedLabels),
    },
    taints: taintsOf(role),
    rootDiskGiB: inSteps(
      rootDiskGiB[role] +
        (offer.features.includes("nvme") ? 0 : diskOf([...nodes, ...passing], workloads, offer)),
    ),
    instanceStore: offer.features.includes("nvme"),
    efaInterfaces: type?.efaInterfaces ?? 0,
    pods,
    usdPerHour: planned * (nodePrice(rules.region, offer.instanceType, offer.purchase)?.usdPerHour ?? 0),
  };
}

/** Of a reservation or a capacity block, its id. */
const reservationOf = ({ id }: Offer) => id.split("/")[2];

function groupName(offer: Offer, role: Role): string {
  const { instanceType, purchase, room } = offer;
  const gpu = room.gpu?.toLowerCase().replaceAll(/[:.]/g, "-");
  const parts = [role, gpu, instanceType.replaceAll(".", "-"), purchase, reservationOf(offer)];
  return fitName("eks-node-group", parts.filter((part) => part !== undefined).join("-"));
}

function countPods(nodes: readonly PlacedNode[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const pod of nodes.flatMap(({ pods }) => pods)) counts.set(pod, (counts.get(pod) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => compare(a, b)));
}

/**
 * Other types for a spot group: the same GPUs, shared in the same way, and at least the room, at most half as much again in
 * price, so that one pool running dry doesn't stop the group. Cheapest first, at most five (each is one more spot pool).
 */
function similar(offer: Offer, role: Role, offers: readonly Offer[]): string[] {
  return offers
    .filter(
      (other) =>
        other.id !== offer.id &&
        other.purchase === offer.purchase &&
        other.roles.includes(role) &&
        other.room.gpu === offer.room.gpu &&
        other.room.gpus === offer.room.gpus &&
        other.room.milliCpus >= offer.room.milliCpus &&
        other.room.memoryMiB >= offer.room.memoryMiB &&
        offer.features.every((feature) => other.features.includes(feature)) &&
        other.usdPerHour <= 1.5 * offer.usdPerHour,
    )
    .sort((a, b) => a.usdPerHour - b.usdPerHour || compare(a.id, b.id))
    .slice(0, 5)
    .map(({ instanceType }) => instanceType);
}

/** Of nodes of a reservation or a capacity block: all of a group's are in its zone. */
export const reservedLabels: Readonly<Record<string, string>> = { "ai-platform/reserved": "true" };

/**
 * What every workload on the group may fall back to: the ways that come after its own in each one's order. Those whose pods
 * must be in one zone hold on to a label that no other nodes have, and have no say.
 */
function fallbacksOf(
  names: readonly string[],
  purchase: PurchaseOption,
  workloads: ReadonlyMap<string, Workload>,
): PurchaseOption[] {
  const orders = names.flatMap((name) => {
    const workload = workloads.get(name);
    const order = workload?.purchase ?? [];
    return workload?.podsPerReplica === undefined ? [order.slice(order.indexOf(purchase) + 1)] : [];
  });
  const [first = [], ...rest] = orders;
  return first.filter((way) => rest.every((order) => order.includes(way)));
}

/**
 * Nodes more that the replicas of these workloads may need when load has made them as many as may be. All of them may come
 * here: another group that carries some may have no capacity left, or may be in another zone.
 */
function growth(names: readonly string[], workloads: ReadonlyMap<string, Workload>, offer: Offer): number {
  return names.reduce((nodes, name) => {
    const workload = workloads.get(name);
    const more = (workload?.scaling?.most ?? 0) - (workload?.replicas ?? 0);
    return workload === undefined || more <= 0
      ? nodes
      : nodes + Math.ceil(more / replicasPerNode(workload, offer));
  }, 0);
}

/** Nodes that stand empty when load has left as few replicas as may be. */
function shrinkage(
  nodes: readonly PlacedNode[],
  workloads: ReadonlyMap<string, Workload>,
  offer: Offer,
): number {
  return Object.entries(countPods(nodes)).reduce((empty, [name, here]) => {
    const workload = workloads.get(name);
    const fewer = Math.min(
      here,
      (workload?.replicas ?? 0) - (workload?.scaling?.least ?? Number.POSITIVE_INFINITY),
    );
    return workload === undefined || fewer <= 0
      ? empty
      : empty + Math.floor(fewer / replicasPerNode(workload, offer));
  }, 0);
}

/** On a node of their own, by the largest of the ways to run them that such a node carries. */
function replicasPerNode({ options, role, spread }: Workload, { room }: Offer): number {
  // Services only spread as far as there are nodes.
  if (role === "gpu" && spread !== "none") return 1;
  const fitting = options
    .filter(({ demand }) => demand.gpu === room.gpu)
    .map(({ demand }) =>
      Math.min(
        ...(["gpus", "milliCpus", "memoryMiB", "diskGiB"] as const)
          .filter((what) => demand[what] > 0)
          .map((what) => Math.floor(room[what] / demand[what])),
      ),
    );
  return fitting.length === 0 ? 1 : Math.max(1, Math.min(...fitting));
}

/** Keeps pods off nodes that were bought for something else. */
function taintsOf(role: Role): NodeGroupPlan["taints"] {
  if (role === "gpu") return [{ key: gpuTaint, value: "true", effect: "NO_SCHEDULE" }];
  if (role === "system" || role === "cpu") return [];
  return [{ key: "ai-platform/role", value: role, effect: "NO_SCHEDULE" }];
}

/** Up to the next 10 GiB: a pod more or less on a node must not replace the nodes of its group. */
const inSteps = (gib: number) => Math.ceil(gib / 10) * 10;

/** The most that the pods of one node keep on its disk. */
function diskOf(
  nodes: readonly PlacedNode[],
  workloads: ReadonlyMap<string, Workload>,
  offer: Offer,
): number {
  const of = (name: string) =>
    Math.max(
      0,
      ...(workloads.get(name)?.options ?? [])
        .filter(({ demand }) => demand.gpu === offer.room.gpu)
        .map(({ demand }) => demand.diskGiB),
    );
  return Math.max(0, ...nodes.map(({ pods }) => pods.reduce((sum, pod) => sum + of(pod), 0)));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
