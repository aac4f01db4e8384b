import type { NodeGroupPlan } from "./infrastructure.ts";
import type { CardsPlan, ModelPlan } from "./models.ts";
import type { Placement } from "./placement/problem.ts";
import type { ServingPlan } from "./serving/servingPlan.ts";
import { shareText } from "./sharing.ts";
import type { ModelSizing } from "./sizing/models.ts";
import { gibibytes, usd } from "./text.ts";

/** Why something is as it is, in one line. */
export interface Explanation {
  /** `models/llama-3.1-8b`, `nodes/gpu-l4-g6-xlarge-spot`. */
  readonly subject: string;
  readonly why: string;
}

/** The choice of a model's hardware, with the runner-up and its price. */
export function explainModel(plan: ModelPlan): Explanation {
  const { concurrency, context, quantization, tokensPerRequest } = plan.deployment;
  const { shares } = plan.memory;
  const used = shares.budget - shares.kvCache;
  const where = plan.gpu ? cardsText(plan.gpu, plan.podsPerReplica) : "CPU";
  const node = plan.nodes.map(({ instanceType, purchase }) => `${instanceType} ${purchase}`).join(" and ");
  const load = `${concurrency} requests of ${tokensPerRequest.toLocaleString("en")} tokens, up to ${context.toLocaleString("en")}`;
  return {
    subject: `models/${plan.name}`,
    why: [
      `${quantization} on ${where}${node ? ` (${node})` : ""}:`,
      `${gibibytes(used)} of ${gibibytes(shares.budget)} are taken,`,
      `the rest is a KV cache of ${plan.memory.kvTokens.toLocaleString("en")} tokens for ${load}.`,
      ...(plan.nodes.length > 0 ? [`${usd(plan.usdPerHour)}/h.`, runnerUp(plan)] : []),
    ].join(" "),
  };
}

function cardsText({ count, name, sharing }: CardsPlan, nodes: number): string {
  if (sharing !== undefined) return shareText(name, sharing);
  return nodes > 1 ? `${nodes} nodes of ${count / nodes} x ${name}` : `${count} x ${name}`;
}

function runnerUp({ alternatives, usdPerHour }: ModelPlan): string {
  const [next] = alternatives;
  if (next === undefined) return "Nothing else that is allowed fits.";
  const difference = next.usdPerHour - usdPerHour;
  const compared =
    difference > 0
      ? `${usd(difference)}/h more`
      : "no more on nodes full of it, but its nodes would not be full";
  return `Runner-up: ${next.id} on ${next.instanceType} ${next.purchase} at ${usd(next.usdPerHour)}/h, ${compared}.`;
}

/** By what a model scales, what each further replica costs, and how long it takes to come. */
export function explainScaling({ model, scaling }: ServingPlan): Explanation[] {
  return scaling === undefined ? [] : [{ subject: `models/${model}`, why: scaling.explanation }];
}

/** Ways that were looked at and can't work: one line per model and reason. */
export function explainRefusals({ refusals, request }: ModelSizing): Explanation[] {
  return refusals.map(({ id, reason }) => ({
    subject: `models/${request.name}`,
    why: `not ${id}: ${reason}`,
  }));
}

/** Why a node group has its size. */
export function explainNodeGroup(group: NodeGroupPlan): Explanation {
  const carried = Object.entries(group.pods).map(([name, count]) =>
    count > 1 ? `${count} x ${name}` : name,
  );
  if (group.size.planned === 0) {
    const why = `from zero, ${group.instanceTypes[0]} ${group.purchase} while ${carried.join(", ")} runs.`;
    return { subject: `nodes/${group.name}`, why };
  }
  return {
    subject: `nodes/${group.name}`,
    why: `${group.size.planned} x ${group.instanceTypes[0]} ${group.purchase}, ${usd(group.usdPerHour)}/h, for ${carried.join(", ")}.`,
  };
}

/** How good the placement is proven to be. */
export function explainPlacement({ gap, limited, lowerBound, usdPerHour }: Placement): Explanation {
  const proof =
    gap < 1e-6
      ? "proven: nothing cheaper carries all of it"
      : `proven: nothing costs less than ${usd(lowerBound)}/h (${(100 * gap).toFixed(2)} % below)`;
  return {
    subject: "nodes",
    why: `${usd(usdPerHour)}/h in all; ${proof}${limited ? "; the solver stopped at its limit" : ""}.`,
  };
}
