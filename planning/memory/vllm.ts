import type { Gpu } from "../../catalog/gpus.ts";
import type { ModelArchitecture } from "../../catalog/models/architecture.ts";
import { quantizations } from "../../catalog/quantizations.ts";
import { type Accounting, kvBytes } from "./accounting.ts";
import type { Deployment } from "./estimate.ts";
import { type BlockLayout, blockCacheUse, blockTokens, bytesPerTokenAndLayer } from "./kvCache.ts";
import { mebibyte } from "./units.ts";
import { weightBytesPerGpu } from "./weights.ts";

/** What one step of the scheduler computes at most. */
export interface BatchLimits {
  /** `--max-num-batched-tokens`. */
  readonly tokens: number;
  /** `--max-num-seqs`. */
  readonly sequences: number;
}

/**
 * vLLM's defaults for a server, which depend on the GPU; more sequences where the deployment wants to hold more. The
 * estimate is for a server that is started with these.
 * Source: vLLM 0.33.0 engine/arg_utils.py (get_batch_defaults).
 */
export function batchLimits({ gpu, concurrency }: Deployment): BatchLimits {
  const { tokens, sequences } = defaultLimits(gpu);
  return { tokens, sequences: Math.max(sequences, concurrency) };
}

function defaultLimits(gpu: Gpu | undefined): BatchLimits {
  const gib = (gpu?.memoryMiB ?? 0) / 1024;
  if (gib >= 160) return { tokens: 16_384, sequences: 1024 };
  if (gib >= 70 && !gpu?.name.startsWith("A100")) return { tokens: 8192, sequences: 1024 };
  return { tokens: 2048, sequences: 256 };
}

/** Batches that are computed or settled at the same time: asynchronous scheduling overlaps two. */
export function tokensInFlight(deployment: Deployment): number {
  return (deployment.pipelineParallel + 1) * batchLimits(deployment).tokens;
}

/**
 * Bytes that a forward pass and the sampling after it take at most on one GPU.
 */
export function activationBytes(
  architecture: ModelArchitecture,
  { tokens, sequences }: BatchLimits,
  tensorParallel: number,
): number {
  const { hiddenSize, intermediateSize, vocabulary, attention, experts } = architecture;
  const hidden = tokens * hiddenSize * 2;
  const queries =
    attention.kind === "gqa"
      ? (attention.heads + 2 * attention.kvHeads) * attention.headDim
      : attention.heads * (2 * (attention.nopeHeadDim + attention.ropeHeadDim) + attention.valueHeadDim);
  const attending = (tokens * queries * 2 * 2) / tensorParallel;
  const dense = (tokens * 3 * intermediateSize * 2) / tensorParallel;
  const routed = experts
    ? tokens *
      experts.active *
      2 *
      (Math.max((2 * experts.intermediateSize) / tensorParallel, hiddenSize) +
        experts.intermediateSize / tensorParallel)
    : 0;
  const forward = 4 * hidden + Math.max(attending, dense, routed);
  const sampling = 2 * hidden + sequences * vocabulary * 16;
  return Math.max(forward, sampling);
}

/**
 * vLLM's layout. Layers that keep everything and layers that keep a window share one pool: they are cut into groups of
 * equally many layers, as many as the rarer kind has (or the commoner, when that is less than half more), and a block
 * holds 16 tokens of one group. A window group keeps the window less one token, and the tokens in flight.
 * Source: vLLM 0.33.0 v1/core/kv_cache_planning.py (_get_kv_cache_groups_uniform_page_size) and
 * v1/kv_cache_interface.py (SlidingWindowSpec.max_admission_blocks_per_request).
 */
export function vllmLayout(deployment: Deployment): BlockLayout {
  const { architecture, kvCacheType, tensorParallel, pipelineParallel } = deployment;
  const { layers, slidingWindow } = architecture;
  const windowLayers = slidingWindow?.layers ?? 0;
  const windowTokens = slidingWindow ? slidingWindow.tokens - 1 + tokensInFlight(deployment) : 0;
  const fullLayers = layers - windowLayers;
  const fewer = Math.min(fullLayers, windowLayers) || layers;
  const more = Math.max(fullLayers, windowLayers);
  const groupLayers = more < fewer * 1.5 ? more : fewer;
  return {
    blockBytes:
      blockTokens *
      Math.ceil(groupLayers / pipelineParallel) *
      bytesPerTokenAndLayer(architecture, kvCacheType, tensorParallel),
    fullGroups: Math.ceil(fullLayers / groupLayers),
    windowGroups: Math.ceil(windowLayers / groupLayers),
    windowTokens,
  };
}

/** vLLM's accounting of the fullest GPU. */
export function vllmAccounting(deployment: Deployment, gpu: Gpu): Accounting {
  const { architecture, quantization, gpuMemoryUtilization, tensorParallel } = deployment;
  const capacity = gpu.memoryMiB * mebibyte;
  const limits = batchLimits(deployment);
  const shares = {
    capacity,
    budget: Math.ceil(capacity * gpuMemoryUtilization),
    weights: weightBytesPerGpu(architecture, quantizations[quantization], deployment),
    activations: activationBytes(architecture, limits, tensorParallel),
    graphs: 768 * mebibyte,
    runtime: (256 + (tensorParallel > 1 ? 512 : 0)) * mebibyte,
  };
  return {
    ...shares,
    cache: blockCacheUse(vllmLayout(deployment), kvBytes(shares), deployment, limits.sequences),
  };
}
