import type { Environment } from "../../spec/platform.ts";
import type { Resources } from "../services.ts";
import type { PodScalingPlan } from "./scaling.ts";
import { adapterInFlight } from "./scalingMetrics.ts";

/** Pods of the adapter, as they are planned for and as they are made. */
export interface AdapterPods {
  readonly replicas: number;
  /** Undefined where nothing serves metrics to scale by. */
  readonly scaling: PodScalingPlan | undefined;
  readonly resources: Resources;
}

/**
 * Requests that a replica has in hand before there is another. A core passes on 7,000 tokens a second
 * (docs/serving/adapter.md), half a core is requested, and an engine writes some 50 a second for each reader: 64 readers
 * take all of it.
 */
const inFlightPerPod = 64;

/** 61 MiB and what requests hold. */
export function adapterPods(environment: Environment): AdapterPods {
  const local = environment === "local";
  const replicas = local ? 1 : 2;
  return {
    replicas,
    scaling: local
      ? undefined
      : {
          least: replicas,
          most: 2 * replicas,
          metrics: [{ metric: adapterInFlight, target: inFlightPerPod }],
          up: { pods: 1, everySeconds: 30, stableSeconds: 0 },
          // What it has in hand goes on while a replica goes: nothing is cut, but every stream that is left has to end.
          down: { pods: 1, everySeconds: 120, stableSeconds: 300 },
        },
    resources: {
      requests: { cpu: local ? "50m" : "500m", memory: "128Mi" },
      limits: { memory: "512Mi" },
    },
  };
}
