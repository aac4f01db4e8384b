import type { Environment } from "../../spec/platform.ts";
import type { Resources } from "../services.ts";
import type { PodScalingPlan } from "./scaling.ts";
import { adapterInFlight } from "./scalingMetrics.ts";

/** Pods of the adapter, as they are planned for and as they are made. */
export interface AdapterPods {
  readonly replicas: number;
  readonly scaling: PodScalingPlan;
  readonly resources: Resources;
}

/**
 * Requests that a replica has in hand, for each core that it requests, before there is another. A core passes on 7,000 tokens
 * a second (docs/serving/adapter.md), and an engine writes some 50 a second for each reader: 128 readers take all of it.
 */
const inFlightPerCore = 128;

/** 61 MiB and what requests hold. */
export function adapterPods(environment: Environment): AdapterPods {
  const local = environment === "local";
  const replicas = local ? 1 : 2;
  const milliCpus = local ? 50 : 500;
  return {
    replicas,
    scaling: {
      least: replicas,
      most: 2 * replicas,
      metrics: [{ metric: adapterInFlight, target: Math.floor(inFlightPerCore * (milliCpus / 1000)) }],
      up: { pods: 1, everySeconds: 30, stableSeconds: 0 },
      // What it has in hand goes on while a replica goes: nothing is cut, but every stream that is left has to end.
      down: { pods: 1, everySeconds: 120, stableSeconds: 300 },
    },
    resources: {
      requests: { cpu: `${milliCpus}m`, memory: "128Mi" },
      limits: { memory: "512Mi" },
    },
  };
}
