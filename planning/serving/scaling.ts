import type { KubernetesVersion } from "../../catalog/eks.ts";
import { usd } from "../text.ts";
import type { Server } from "./servingPlan.ts";
import type { TimingPlan } from "./timing.ts";

/** How many replicas there may be, and by what. */
export interface ScalingPlan {
  readonly least: number;
  readonly most: number;
  /** Metric of each pod, as Prometheus' adapter for Kubernetes names it. */
  readonly metric: string;
  /** Average over the pods above which there is one more. */
  readonly target: number;
  readonly up: { readonly pods: number; readonly everySeconds: number; readonly stableSeconds: number };
  readonly down: { readonly pods: number; readonly everySeconds: number; readonly stableSeconds: number };
  readonly explanation: string;
  readonly warnings: readonly string[];
}

/** What a description asks for. */
export interface ScalingWish {
  readonly least: number;
  readonly most: number;
}

/**
 * How long requests wait, by server: what it measures at the place where they wait. Neither GPU utilization nor its memory
 * say anything: a server takes all of both at once.
 *
 * vLLM 0.31.0 v1/metrics/loggers.py; TGI 3.3.7 router/src/server.rs; Triton docs/user_guide/metrics.md (its vLLM backend has
 * no queue of its own in the metrics). Ollama has none. Prometheus' adapter makes names of Kubernetes metrics of them; a
 * colon is one of theirs.
 */
const queueMetrics: Readonly<Record<Server, string | undefined>> = {
  vllm: "vllm:num_requests_waiting",
  tgi: "tgi_queue_size",
  triton: "nv_inference_pending_request_count",
  ollama: undefined,
};

/**
 * AWS measured with 25 waiting requests for each replica, 30 s of patience upwards and 300 s downwards (EKS guide,
 * ml-inference-autoscaling-thresholds and -hpa-keda), and says that the threshold must be measured per model.
 */
const waitingPerPod = 25;

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
  const metric = queueMetrics[server];
  if (wish === undefined || metric === undefined || wish.most <= Math.max(1, wish.least)) return undefined;
  const zero = wish.least === 0;
  const cold = `a start from no node takes some ${timing.coldStartSeconds} s (${timing.parts.join(", ")})`;
  return {
    least: Math.max(1, wish.least),
    most: wish.most,
    metric,
    target: waitingPerPod,
    up: { pods: 2, everySeconds: 60, stableSeconds: 30 },
    // Longer than a start takes: else it would go down before the replica that it came up for has answered.
    down: { pods: 1, everySeconds: 120, stableSeconds: Math.max(300, timing.coldStartSeconds) },
    explanation: `${wish.least} to ${wish.most} replicas, one more for each ${waitingPerPod} waiting requests; ${cold}`,
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
