import type { GpuName } from "../catalog/gpus.ts";
import type { ModelTask } from "../catalog/models/architecture.ts";
import type { PurchaseOption } from "../spec/capacity.ts";
import { taskOf } from "../spec/defaults.ts";
import type { Engine } from "../spec/models.ts";
import type { BatchLimits } from "./memory/activations.ts";
import type { Deployment, MemoryEstimate } from "./memory/estimate.ts";
import { batchLimits } from "./memory/vllm.ts";
import { modelImage } from "./names.ts";
import { legalOffers } from "./placement/fit.ts";
import type { Offer, PlacedNode } from "./placement/problem.ts";
import { cheapestShare } from "./placement/share.ts";
import { type GpuSharing, sharingOf } from "./sharing.ts";
import type { Candidate, ModelSizing } from "./sizing/models.ts";

/** One model as it will run, as plain values. */
export interface ModelPlan {
  readonly name: string;
  /** Hugging Face id. */
  readonly model: string;
  readonly revision: string | undefined;
  /** What is asked of it. */
  readonly task: ModelTask;
  readonly engine: Engine;
  /** Image whose name and tag tell model and version. */
  readonly image: string;
  readonly replicas: number;
  /** Pods that serve a replica together, each on a node of its own; mostly 1. */
  readonly podsPerReplica: number;
  /** The zone that all of them must be in; undefined where it doesn't matter. */
  readonly zone: string | undefined;
  readonly spread: "none" | "node" | "zone";
  readonly deployment: Omit<Deployment, "architecture" | "gpu" | "engine">;
  /** Limits of a batch with which vLLM must be started, because its memory was counted with them; else undefined. */
  readonly batch: BatchLimits | undefined;
  /** Undefined: on the CPU. */
  readonly gpu: CardsPlan | undefined;
  readonly memory: MemoryEstimate;
  /** What each replica requests beside its GPUs: its pods share it, but each has all files. */
  readonly milliCpus: number;
  readonly memoryMiB: number;
  readonly diskGiB: number;
  /** Instance types and ways to buy that its replicas stand on; empty where the cluster is not ours to plan. */
  readonly nodes: readonly { readonly instanceType: string; readonly purchase: PurchaseOption }[];
  /** Its share of the nodes that it stands on, of all replicas together. */
  readonly usdPerHour: number;
  readonly alternatives: readonly Alternative[];
}

/** GPUs of one replica. */
export interface CardsPlan {
  readonly name: GpuName;
  /** Cards, or shares of one. */
  readonly count: number;
  /** How the card is shared with other pods. Default: it isn't. */
  readonly sharing?: GpuSharing | undefined;
}

/** Another way that works, at what it would cost if whole nodes were filled with it. */
export interface Alternative {
  readonly id: string;
  readonly instanceType: string;
  readonly purchase: PurchaseOption;
  readonly usdPerHour: number;
}

/** Where everything stands, and what it costs there. */
export interface Standing {
  readonly nodes: readonly PlacedNode[];
  readonly offers: readonly Offer[];
  /** US dollars an hour by workload. */
  readonly shares: ReadonlyMap<string, number>;
}

/**
 * What became of a model.
 * @param chosen the option that placement took; on a cluster that isn't planned, the first that works
 */
export function modelPlan(sizing: ModelSizing, chosen: Candidate, standing: Standing | undefined): ModelPlan {
  const { name, spec } = sizing.request;
  const { architecture: _, gpu: kind, engine, ...deployment } = chosen.deployment;
  const { demand } = chosen.option;
  const { podsPerReplica } = chosen;
  const on = standing ? nodesOf(name, standing) : [];
  return {
    name,
    model: spec.model,
    revision: spec.revision,
    task: taskOf(spec),
    engine,
    image: imageOf(sizing, chosen),
    replicas: (sizing.workload?.replicas ?? 1) / podsPerReplica,
    podsPerReplica,
    zone: chosen.zone,
    spread: sizing.workload?.spread ?? "none",
    deployment,
    batch: engine === "vllm" ? batchLimits(chosen.deployment) : undefined,
    gpu: kind && { name: kind.name, count: demand.gpus * podsPerReplica, sharing: sharingOf(spec) },
    memory: chosen.memory,
    milliCpus: demand.milliCpus * podsPerReplica,
    memoryMiB: demand.memoryMiB * podsPerReplica,
    diskGiB: demand.diskGiB,
    nodes: on,
    usdPerHour: standing?.shares.get(name) ?? 0,
    alternatives: standing ? alternativesTo(chosen, sizing, standing) : [],
  };
}

function imageOf({ request: { known, spec } }: ModelSizing, { deployment }: Candidate): string {
  const { model, revision } = spec;
  const { engine, quantization } = deployment;
  const image = modelImage({ engine, model, ollama: known?.ollama, revision, quantization });
  return `${image.repository}:${image.tag}`;
}

function nodesOf(name: string, { nodes, offers }: Standing): ModelPlan["nodes"] {
  const ids = new Set(nodes.filter(({ pods }) => pods.includes(name)).map(({ offer }) => offer));
  return offers
    .filter(({ id }) => ids.has(id))
    .map(({ instanceType, purchase }) => ({ instanceType, purchase }));
}

/** Cheapest first. */
function alternativesTo(
  chosen: Candidate,
  { candidates, workload }: ModelSizing,
  { offers }: Standing,
): Alternative[] {
  if (workload === undefined) return [];
  const legal = legalOffers(workload, offers);
  return [...candidates.values()]
    .flatMap(({ option }) => {
      const share = option === chosen.option ? undefined : cheapestShare(legal, option);
      if (share === undefined) return [];
      const { instanceType, purchase } = share.offer;
      return [{ id: option.id, instanceType, purchase, usdPerHour: share.usdPerHour * workload.replicas }];
    })
    .sort((a, b) => a.usdPerHour - b.usdPerHour || (a.id < b.id ? -1 : 1));
}
