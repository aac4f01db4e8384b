import type { Gpu } from "../../catalog/gpus.ts";
import { kvCacheFormats, quantizations } from "../../catalog/quantizations.ts";
import { type Accounting, kvBytes } from "./accounting.ts";
import { activationBytes } from "./activations.ts";
import type { Deployment } from "./estimate.ts";
import { usableBytes } from "./gpuMemory.ts";
import { type BlockLayout, blockCacheUse, blockTokens, bytesPerTokenAndLayer } from "./kvCache.ts";
import { mebibyte } from "./units.ts";
import { weightBytesPerGpu } from "./weights.ts";

/** Share that TGI takes, the rest is for CUDA graphs and fragmentation: TGI_WIGGLE_ROOM. */
const wiggleRoom = 0.9;

/** `--max-batch-prefill-tokens` by default. */
const prefillTokens = 4096;

/** `--max-concurrent-requests` by default. */
const mostRequests = 128;

/** CUDA context, and NCCL's buffers: an assumption, as TGI logs only what is left. */
const cudaContext = 640 * mebibyte;
const communication = 512 * mebibyte;

/**
 * TGI's accounting of the fullest GPU: after a prefill of the largest batch, what is free beyond a tenth of the memory
 * becomes cache. Every layer keeps every token, and latent attention keeps the keys and values of every head.
 * `gpuMemoryUtilization` is its `--cuda-memory-fraction`.
 * Source: TGI 3.3.7 server/text_generation_server/models/flash_causal_lm.py (warmup), models/globals.py,
 * utils/import_utils.py (get_cuda_free_memory), launcher/src/main.rs.
 */
export function tgiAccounting(deployment: Deployment, gpu: Gpu): Accounting {
  const { architecture, quantization, gpuMemoryUtilization, tensorParallel, concurrency } = deployment;
  const capacity = usableBytes(gpu);
  const batch = { tokens: Math.min(prefillTokens, architecture.maxContext), sequences: concurrency };
  const shares = {
    capacity,
    budget: Math.floor(capacity * gpuMemoryUtilization * wiggleRoom),
    weights: weightBytesPerGpu(architecture, quantizations[quantization], deployment),
    activations: activationBytes(architecture, batch, tensorParallel),
    graphs: 0,
    runtime: cudaContext + (tensorParallel > 1 ? communication : 0),
  };
  const most = Math.max(mostRequests, concurrency);
  const cache = blockCacheUse(tgiLayout(deployment), kvBytes(shares), deployment, most);
  return { ...shares, missingAtStart: 0, cache };
}

function tgiLayout(deployment: Deployment): BlockLayout {
  const { layers } = deployment.architecture;
  const blockBytes = blockTokens * layers * bytesPerToken(deployment);
  return { blockBytes, fullGroups: 1, windowGroups: 0, windowTokens: 0 };
}

function bytesPerToken({ architecture, kvCacheType, tensorParallel }: Deployment): number {
  const { attention } = architecture;
  if (attention.kind === "gqa") return bytesPerTokenAndLayer(architecture, kvCacheType, tensorParallel);
  const keyDim = attention.nopeHeadDim + attention.ropeHeadDim;
  return ((2 * attention.heads * keyDim) / tensorParallel) * kvCacheFormats[kvCacheType].bytesPerElement;
}
