import {
  canSpread,
  carries,
  gpuMatches,
  hasFeatures,
  legalOffers,
  type Resource,
  resources,
  zonesOf,
} from "./fit.ts";
import type { Offer, Option, PlacementProblem, Workload } from "./problem.ts";

/** How far an option came before no offer was left for it: the further, the more a person learns from it. */
interface Obstacle {
  readonly step: number;
  readonly option: Option;
  readonly text: string;
}

/**
 * Why a workload can't be placed even if it were alone, for a person; undefined when it can. Of several options the one
 * that came furthest is told.
 */
export function whyUnplaceable(workload: Workload, { offers, zones }: PlacementProblem): string | undefined {
  const legal = legalOffers(workload, offers).filter((offer) => zonesOf([offer], zones).length > 0);
  const obstacles: Obstacle[] = [];
  for (const option of workload.options) {
    const obstacle = obstacleOf(workload, option, legal, zones);
    if (!obstacle) return undefined;
    obstacles.push(obstacle);
  }
  const [furthest] = obstacles.toSorted((a, b) => b.step - a.step);
  if (!furthest) return "has no option";
  const others = workload.options.length - 1;
  const label = others > 0 ? `${furthest.option.id}, which comes closest: ` : "";
  return `${label}${furthest.text}`;
}

function obstacleOf(
  workload: Workload,
  option: Option,
  legal: readonly Offer[],
  zones: readonly string[],
): Obstacle | undefined {
  const { demand } = option;
  const at = (step: number, text: string): Obstacle => ({ step, option, text });
  if (legal.length === 0) {
    return at(0, `no node for role ${workload.role} can be bought as ${workload.purchase.join(" or ")}`);
  }
  const ofGpu = legal.filter(({ room }) => gpuMatches(demand, room));
  if (ofGpu.length === 0) return at(1, `no offer has ${demand.gpu} in ${zones.join(", ")}`);
  const featured = ofGpu.filter((offer) => hasFeatures(offer, option));
  if (featured.length === 0) {
    return at(2, `no offer${demand.gpu ? ` with ${demand.gpu}` : ""} has ${option.needs.join(" and ")}`);
  }
  const able = featured.filter((offer) => carries(offer, option));
  if (able.length === 0) return at(3, tooBig(option, featured));
  const limited = able.map(({ id, limit }) => `${id} has ${limit}`).join(", ");
  // No two of these pods fit on one node.
  if (workload.podsPerReplica !== undefined && !canSpread({ ...workload, spread: "node" }, able, zones)) {
    return at(4, `${workload.replicas} nodes needed in one zone, one for each pod; ${limited}`);
  }
  if (canSpread(workload, able, zones)) return undefined;
  const reachable = zonesOf(able, zones);
  const needed = Math.min(workload.replicas, zones.length);
  if (workload.spread === "zone" && reachable.length < needed) {
    return at(
      4,
      `replicas must stand in ${needed} zones, and what carries them is only in ${reachable.join(", ")}`,
    );
  }
  return at(5, `${workload.replicas} nodes needed, one for each replica; ${limited}`);
}

const units: Record<Resource, (amount: number) => string> = {
  gpus: (amount) => `${amount} ${amount === 1 ? "GPU" : "GPUs"}`,
  milliCpus: (amount) => `${round(amount / 1000)} CPUs`,
  memoryMiB: (amount) => `${round(amount / 1024)} GiB of memory`,
  diskGiB: (amount) => `${amount} GiB of disk`,
};

/** The resource that no node has enough of, or the node that lacks least. */
function tooBig({ demand }: Option, offers: readonly Offer[]): string {
  const kind = demand.gpus > 0 ? ` with ${demand.gpu}` : "";
  for (const resource of resources) {
    const most = Math.max(...offers.map(({ room }) => room[resource]));
    if (demand[resource] > most) {
      return `needs ${units[resource](demand[resource])} on one node, the biggest${kind} has ${units[resource](most)} free`;
    }
  }
  const needs = resources
    .filter((resource) => demand[resource] > 0)
    .map((resource) => units[resource](demand[resource]));
  return `needs ${needs.join(", ")} on one node; no node${kind} has all of that`;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}
