import { findInstanceType } from "../../catalog/ec2/instances.ts";
import { gpu as gpuOf } from "../../catalog/gpus.ts";
import { planEnding } from "../ending.ts";
import type { CardsPlan, ModelPlan } from "../models.ts";
import { sharesPerCard } from "../sharing.ts";

/** How long a server takes to come and to go, in seconds. */
export interface TimingPlan {
  /** From the container's start to its first answer, as estimated. */
  readonly startSeconds: number;
  /** What the startup probe allows: beyond it the container is started anew, and begins from nothing. */
  readonly startLimitSeconds: number;
  /** What a rollout allows a pod: a node may have to be bought for it. */
  readonly progressLimitSeconds: number;
  /** From no node at all to the first answer. */
  readonly coldStartSeconds: number;
  /** Parts of the cold start, for people: `weights 40 s from S3 at 1.2 GB/s`. */
  readonly parts: readonly string[];
  /** Before the signal to stop: until no more requests are sent here. */
  readonly preStopSeconds: number;
  /** For requests that are under way: the engine's own limit. */
  readonly drainSeconds: number;
  /** Kubernetes' limit, which holds both and a margin; then the process is killed. */
  readonly graceSeconds: number;
}

/**
 * Share of a network card's sustained rate that a download from S3 reaches. An assumption: AWS's own guide for fast model
 * loading on EKS (ml-inference-fast-model-loading) sets out to fill the card and has no figure for plain HTTP.
 */
const networkShare = 0.6;

/**
 * Bytes a second that one process reads from local disk, and hashes with SHA-256. An assumption on the safe side: the
 * smallest NVMe of a GPU instance (125 GB in g4dn.xlarge) is the slowest, and EC2 documents only random reads.
 */
const diskBytesPerSecond = 5e8;

/** Bytes a second from Hugging Face's CDN to a machine anywhere: an assumption, 400 Mbit/s. */
export const hubBytesPerSecond = 5e7;

/**
 * Python, imports and CUDA; compiling what no cache has; capturing graphs. Compiling: 53 to 80 s cold, 6 s warm, for models of
 * 60 to 640 GB (AWS, EKS guide, ml-inference-fast-model-loading, vLLM 0.21). The rest are assumptions.
 */
const engineSeconds = { vllm: 30 + 80 + 60, triton: 30 + 80 + 60, tgi: 60, ollama: 15 } as const;

/**
 * Bytes a second of an image that a node pulls from ECR in its region and unpacks: 11.6 GB in 82 s (AWS, EKS guide on images
 * of AI workloads, mirrored in the region).
 */
const registryBytesPerSecond = 1.4e8;

/** A node with a GPU from the autoscaler's decision to ready, and 10 GB of image on it. Assumptions. */
const nodeSeconds = 180;
/** After that the autoscaler tries another node group: `--max-node-provision-time`. */
const mostNodeSeconds = 900;
const imageSeconds = { gpu: 120, cpu: 30 } as const;

export interface Load {
  readonly server: keyof typeof engineSeconds;
  /** Where the weights are when the container starts. */
  readonly from: "image" | "s3" | "hub" | "volume";
  /** Whether they go to the GPUs without a stop on disk. */
  readonly streamed: boolean;
}

export function planTiming(model: ModelPlan, { from, server, streamed }: Load): TimingPlan {
  const bytes = model.memory.diskMiB * 2 ** 20;
  const rate = from === "s3" ? s3Rate(model) : hubBytesPerSecond;
  const there = from === "volume" || from === "image";
  const fetched = there ? 0 : Math.ceil(bytes / rate);
  // Once to check them, once to load them.
  const read = streamed ? 0 : Math.ceil((server === "ollama" ? 1 : 2) * (bytes / diskBytesPerSecond));
  const engine = engineSeconds[server];
  const image =
    imageSeconds[model.gpu ? "gpu" : "cpu"] +
    (from === "image" ? Math.ceil(bytes / registryBytesPerSecond) : 0);
  const startSeconds = fetched + read + engine;
  return {
    startSeconds,
    startLimitSeconds: limitFor(startSeconds),
    progressLimitSeconds: mostNodeSeconds + 2 * image + limitFor(startSeconds),
    coldStartSeconds: nodeSeconds + image + startSeconds,
    parts: [
      `node ${nodeSeconds} s`,
      `image ${image} s`,
      ...(fetched > 0
        ? [`weights ${fetched} s from ${from === "s3" ? "S3" : "the hub"} at ${gigabytes(rate)}`]
        : []),
      ...(read > 0 ? [`disk ${read} s at ${gigabytes(diskBytesPerSecond)}`] : []),
      `engine ${engine} s`,
    ],
    ...stopTiming(model),
  };
}

/** Twice the estimate, whole minutes, five at least: a slow day must not become an endless restart. */
function limitFor(startSeconds: number): number {
  return Math.max(300, Math.ceil((2 * startSeconds) / 60) * 60);
}

/** The slowest node's card, shared with whatever else starts there: by GPUs. */
function s3Rate({ gpu, nodes, podsPerReplica }: ModelPlan): number {
  const rates = nodes.flatMap(({ instanceType }) => {
    const type = findInstanceType(instanceType);
    if (type === undefined) return [];
    const share = gpu && type.gpu ? Math.min(1, cardsOf(gpu) / podsPerReplica / type.gpu.count) : 1;
    return [(type.networkGbps * 1e9 * share * networkShare) / 8];
  });
  return rates.length === 0 ? hubBytesPerSecond : Math.min(...rates);
}

/** Cards that a replica's GPUs come to: of one that several pods share, its part. */
function cardsOf({ count, name, sharing }: CardsPlan): number {
  return sharing === undefined ? count : count / sharesPerCard(gpuOf(name), sharing);
}

/** Until every proxy has heard that the pod goes: Traefik learns of it within a second, kube-proxy in a few. */
const preStopSeconds = 10;

/** Tokens a second of one stream on a busy server: an assumption, twice as fast as people read. */
const slowestStream = 20;

function stopTiming({ deployment, nodes }: ModelPlan) {
  const wanted = Math.max(60, Math.ceil(deployment.tokensPerRequest / slowestStream));
  const spot = nodes.some(({ purchase }) => purchase === "spot");
  const { finishSeconds, graceSeconds } = planEnding(spot, preStopSeconds, wanted);
  return { preStopSeconds, drainSeconds: finishSeconds, graceSeconds };
}

function gigabytes(bytesPerSecond: number): string {
  return `${(bytesPerSecond / 1e9).toFixed(2)} GB/s`;
}
