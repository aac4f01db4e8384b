import type { KubernetesVersion } from "../../catalog/eks.ts";
import { hoursPerMonth } from "../cost/items.ts";
import { usd } from "../text.ts";
import { type PodMetric, serverMetrics } from "./scalingMetrics.ts";
import type { Server } from "./servingPlan.ts";
import type { TimingPlan } from "./timing.ts";

/** How many replicas there may be, and by what: a HorizontalPodAutoscaler. */
export interface PodScalingPlan {
  readonly least: number;
  readonly most: number;
  /** Whichever asks for most replicas has its way. */
  readonly metrics: readonly ScalingTarget[];
  readonly up: ScalingPace;
  readonly down: ScalingPace;
}

export interface ScalingTarget {
  readonly metric: PodMetric;
  /** Average over the pods above which there is one more. */
  readonly target: number;
}

export interface ScalingPace {
  readonly pods: number;
  readonly everySeconds: number;
  /** How long the metrics must have said so. */
  readonly stableSeconds: number;
}

/** The same of a model. */
export interface ScalingPlan extends PodScalingPlan {
  readonly explanation: string;
  readonly warnings: readonly string[];
}

/** What a description asks for. */
export interface ScalingWish {
  readonly least: number;
  readonly most: number;
}

/**
 * AWS measured with 25 waiting requests for each replica, 30 s of patience upwards and 300 s downwards (EKS guide,
 * ml-inference-autoscaling-thresholds and -hpa-keda), and says that the threshold must be measured per model.
 */
const waitingPerPod = 25;

/**
 * Seconds that 5 of 100 requests may wait. The same guide has 5 s for the whole of a short answer; that people wait as long
 * for the first word is an assumption.
 */
const waitingSeconds = 5;

/** From this version on an HPA can go to zero without a feature gate, which EKS doesn't set. Source: kubernetes.io, blog, 2026-09-02. */
const zeroSince = "1.37";

/**
 * Undefined where the description asks for no scaling, or the server has nothing to scale by.
 * @param version of the cluster; undefined on one that isn't ours
 */
export function planScaling(
  name: string,
  server: Server,
  wish: ScalingWish | undefined,
  { timing, usdPerHour, version }: ScalingContext,
): ScalingPlan | undefined {
  const metrics = serverMetrics[server];
  if (wish === undefined || metrics === undefined || wish.most <= Math.max(1, wish.least)) return undefined;
  const zero = wish.least === 0;
  const cold = `a start from no node takes some ${timing.coldStartSeconds} s (${timing.parts.join(", ")})`;
  const each =
    usdPerHour > 0 ? `, each at ${usd(usdPerHour)}/h or ${usd(usdPerHour * hoursPerMonth)} a month` : "";
  return {
    least: Math.max(1, wish.least),
    most: wish.most,
    metrics: [
      { metric: metrics.waiting, target: waitingPerPod },
      { metric: metrics.seconds, target: waitingSeconds },
    ],
    up: { pods: 2, everySeconds: 60, stableSeconds: 30 },
    // Longer than a start takes: else it would go down before the replica that it came up for has answered.
    down: { pods: 1, everySeconds: 120, stableSeconds: Math.max(300, timing.coldStartSeconds) },
    explanation: `${wish.least} to ${wish.most} replicas${each}: one more for each ${waitingPerPod} waiting requests, and when 5 of 100 wait longer than ${waitingSeconds} s; ${cold}`,
    warnings: zero
      ? [
          `models.${name}.autoscaling.least is 0, but Kubernetes ${version ?? "before 1.37"} keeps one replica (${usd(usdPerHour)}/h): it scales to zero from ${zeroSince} on, and then ${cold}`,
        ]
      : [],
  };
}

export interface ScalingContext {
  readonly timing: TimingPlan;
  /** Of one replica. */
  readonly usdPerHour: number;
  readonly version: KubernetesVersion | undefined;
}
