import type { Gpu } from "../../catalog/gpus.ts";
import { quantizations } from "../../catalog/quantizations.ts";
import { type Accounting, kvBytes } from "./accounting.ts";
import { activationBytes, type BatchLimits } from "./activations.ts";
import type { Deployment } from "./estimate.ts";
import { usableBytes } from "./gpuMemory.ts";
import { type BlockLayout, blockCacheUse, blockTokens, bytesPerTokenAndLayer } from "./kvCache.ts";
import { mebibyte } from "./units.ts";
import { weightBytesPerGpu } from "./weights.ts";

/**
 * vLLM's defaults for a server, `--max-num-batched-tokens` and `--max-num-seqs`, which depend on the GPU; more
 * sequences where the deployment wants to hold more. An estimate is for a server that is started with these.
 * Source: vLLM 0.33.0 engine/arg_utils.py (get_batch_defaults).
 */
export function batchLimits({ gpu, concurrency }: Pick<Deployment, "gpu" | "concurrency">): BatchLimits {
  const { tokens, sequences } = defaultLimits(gpu);
  return { tokens, sequences: Math.max(sequences, concurrency) };
}

function defaultLimits(gpu: Gpu | undefined): BatchLimits {
  const gib = (gpu?.memoryMiB ?? 0) / 1024;
  if (gib >= 160) return { tokens: 16_384, sequences: 1024 };
  if (gib >= 70 && !gpu?.name.startsWith("A100")) return { tokens: 8192, sequences: 1024 };
  return { tokens: 2048, sequences: 256 };
}

/**
 * vLLM's accounting of the fullest GPU: the budget is a share of what CUDA sees, and the cache gets what weights, the
 * profiled peak, captured graphs and everything outside of PyTorch leave of it.
 * Source: vLLM 0.33.0 v1/worker/gpu_worker.py (determine_available_memory), v1/worker/utils.py (request_memory).
 */
export function vllmAccounting(deployment: Deployment, gpu: Gpu): Accounting {
  const { architecture, quantization, gpuMemoryUtilization, tensorParallel } = deployment;
  const capacity = usableBytes(gpu);
  const limits = batchLimits(deployment);
  const shares = {
    capacity,
    budget: Math.ceil(capacity * gpuMemoryUtilization),
    weights: weightBytesPerGpu(architecture, quantizations[quantization], deployment),
    activations: activationBytes(architecture, limits, tensorParallel),
    graphs: graphBytes(deployment),
    runtime: runtimeBytes(deployment, gpu),
  };
  const cache = blockCacheUse(vllmLayout(deployment), kvBytes(shares), deployment, limits.sequences);
  const missingAtStart = Math.max(0, shares.budget - freeAtStart(deployment, gpu));
  return { ...shares, missingAtStart, cache };
}

/** What CUDA takes of a GPU before vLLM looks. */
const cudaContext = 614 * mebibyte;

/** NCCL's and FlashInfer's buffers for all-reduce over NVLink from Hopper on: before the budget is set, and after. */
const hopperCommunication = { before: 1536 * mebibyte, after: 2176 * mebibyte } as const;

/** NCCL's buffers on older cards. No log with all shares was found for them: an assumption. */
const communication = 512 * mebibyte;

/** What PyTorch doesn't see, and what of the weights is not in their parameters: 0.25 to 0.35 GiB in logs. */
const outsideTorch = 384 * mebibyte;

/** The same for a vision tower: Gemma 3 loads 0.4 to 0.6 GiB more than it has parameters. */
const towerExtra = 640 * mebibyte;

/**
 * vLLM begins only if its whole budget is free after CUDA and NCCL have started.
 * Source: vLLM 0.33.0 v1/worker/utils.py (request_memory); 0.5 GiB on one H100, 1.5 to 2.1 GiB on each of several
 * (llm-d-planner, results_raw.csv, init_cuda_memory_gib).
 */
function freeAtStart(deployment: Deployment, gpu: Gpu): number {
  return usableBytes(gpu) - cudaContext - (talksOverNvlink(deployment, gpu) ? hopperCommunication.before : 0);
}

function runtimeBytes(deployment: Deployment, gpu: Gpu): number {
  const { architecture, tensorParallel } = deployment;
  const talking =
    tensorParallel === 1 ? 0 : talksOverNvlink(deployment, gpu) ? hopperCommunication.after : communication;
  return outsideTorch + talking + (architecture.towerParameters > 0 ? towerExtra : 0);
}

function talksOverNvlink({ tensorParallel }: Deployment, { nvlink, computeCapability }: Gpu): boolean {
  return tensorParallel > 1 && nvlink && computeCapability >= 9;
}

/** Graphs of 51 batch sizes piecewise and 35 or 51 whole. */
const graphBytesPerLayer = 28 * mebibyte;
const graphBytesOnce = 128 * mebibyte;
const graphBytesOfExperts = 512 * mebibyte;

/**
 * What vLLM sets aside for CUDA graphs, which since 0.21 it takes from the cache: 28 MiB per layer of the stage, 128 MiB,
 * and 512 MiB with experts. Its own estimates were 0.5 to 1.8 GiB in 0.19.0 (llm-d-planner, results_raw.csv,
 * cuda_graph_estimated_gib), 0.9 GiB for Llama 3.1 8B in 0.31.0; what is then captured is often half of it.
 */
function graphBytes({ architecture, pipelineParallel }: Deployment): number {
  const layers = Math.ceil(architecture.layers / pipelineParallel);
  return graphBytesOnce + layers * graphBytesPerLayer + (architecture.experts ? graphBytesOfExperts : 0);
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
    windowTokens: slidingWindow ? slidingWindow.tokens - 1 + tokensInFlight(deployment) : 0,
  };
}

/** Asynchronous scheduling has one batch more under way than there are stages. Source: config/vllm.py. */
function tokensInFlight(deployment: Deployment): number {
  return (deployment.pipelineParallel + 1) * batchLimits(deployment).tokens;
}
