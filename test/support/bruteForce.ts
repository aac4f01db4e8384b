import { carries, legalOffers, resources } from "../../planning/placement/fit.ts";
import type { Demand, Offer, Option, PlacementProblem, Workload } from "../../planning/placement/problem.ts";

interface Node {
  readonly offer: Offer;
  readonly zone: string;
  readonly pods: { readonly workload: Workload; readonly demand: Demand }[];
}

export interface Least {
  /** Workloads that no placement can avoid leaving out. */
  readonly leftOut: number;
  /** The least cost of those that leave out no more: nodes, penalties and moves. */
  readonly cost: number;
}

/** The best placement by trying all of them: each option, each node, each zone. For a dozen replicas at most. */
export function bruteForce({ offers, previous, workloads, zones }: PlacementProblem): Least {
  const nodes: Node[] = [];
  let best: Least = { leftOut: workloads.length + 1, cost: 0 };

  const worse = (leftOut: number, cost: number) =>
    leftOut > best.leftOut || (leftOut === best.leftOut && cost >= best.cost - 1e-9);

  function decide(index: number, leftOut: number, cost: number): void {
    if (worse(leftOut, cost)) return;
    const workload = workloads[index];
    if (!workload) {
      best = { leftOut, cost };
      return;
    }
    const legal = legalOffers(workload, offers);
    for (const option of workload.options) {
      const able = legal.filter((offer) => carries(offer, option));
      replica(index, workload, option, able, [], 0, leftOut, cost + option.penalty * workload.replicas);
    }
    decide(index + 1, leftOut + 1, cost + (previous.get(workload.name)?.moveCost ?? 0));
  }

  /** `from` keeps equal replicas in order of their nodes. */
  function replica(
    index: number,
    workload: Workload,
    option: Option,
    able: readonly Offer[],
    standing: readonly Node[],
    from: number,
    leftOut: number,
    cost: number,
  ): void {
    if (worse(leftOut, cost)) return;
    if (standing.length === workload.replicas) {
      if (evenlySpread(workload, standing)) {
        decide(index + 1, leftOut, cost + moveCost(workload, option, standing));
      }
      return;
    }
    const pod = { workload, demand: option.demand };
    const put = (node: Node, at: number, price: number) => {
      node.pods.push(pod);
      replica(index, workload, option, able, [...standing, node], at, leftOut, cost + price);
      node.pods.pop();
    };
    for (let at = from; at < nodes.length; at++) {
      const node = nodes[at];
      if (node && able.includes(node.offer) && admits(node, pod)) put(node, at, 0);
    }
    for (const offer of able) {
      if (nodes.filter((node) => node.offer === offer).length === offer.limit) continue;
      for (const zone of offer.zones.filter((zone) => zones.includes(zone))) {
        const node: Node = { offer, zone, pods: [] };
        nodes.push(node);
        put(node, nodes.length - 1, offer.usdPerHour);
        nodes.pop();
      }
    }
  }

  function evenlySpread({ spread }: Workload, standing: readonly Node[]): boolean {
    if (spread !== "zone") return true;
    const counts = zones.map((zone) => standing.filter((node) => node.zone === zone).length);
    return Math.max(...counts) - Math.min(...counts) <= 1;
  }

  function moveCost({ name }: Workload, option: Option, standing: readonly Node[]): number {
    const before = previous.get(name);
    if (!before) return 0;
    const stays =
      option.id === before.option && standing.every(({ offer }) => before.offers.includes(offer.id));
    return stays ? 0 : before.moveCost;
  }

  decide(0, 0, 0);
  return best;
}

function admits({ offer, pods }: Node, pod: Node["pods"][number]): boolean {
  const all = [...pods, pod];
  return (
    all.length <= offer.pods &&
    pods.every(({ workload }) => workload.role === pod.workload.role) &&
    (pod.workload.spread === "none" || pods.every(({ workload }) => workload !== pod.workload)) &&
    resources.every(
      (resource) => all.reduce((sum, { demand }) => sum + demand[resource], 0) <= offer.room[resource],
    )
  );
}
