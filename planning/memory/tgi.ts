import type { Gpu } from "../../catalog/gpus.ts";
import { quantizations } from "../../catalog/quantizations.ts";
import { type Accounting, kvBytes } from "./accounting.ts";
import { activationBytes } from "./activations.ts";
import type { Deployment } from "./estimate.ts";
import { usableBytes } from "./gpuMemory.ts";
import { blockCacheUse, blockTokens, bytesPerTokenAndLayer } from "./kvCache.ts";
import { mebibyte } from "./units.ts";
import { weightBytesPerGpu } from "./weights.ts";

/** Share that TGI keeps free for CUDA graphs and fragmentation: TGI_WIGGLE_ROOM. */
const wiggleRoom = 0.9;

/** `--max-concurrent-requests`. */
const mostRequests = 128;

/**
 * TGI's accounting: after a prefill of the largest batch, what is free beyond a tenth of the memory becomes cache.
 * Sliding windows save nothing: every layer keeps every token.
 * Source: TGI 3.3.7 server/text_generation_server/models/flash_causal_lm.py (warmup), models/globals.py, utils/dist.py.
 */
export function tgiAccounting(deployment: Deployment, gpu: Gpu): Accounting {
  const {
    architecture,
    quantization,
    kvCacheType,
    gpuMemoryUtilization,
    tensorParallel,
    context,
    concurrency,
  } = deployment;
  const capacity = usableBytes(gpu);
  // One prompt of full length is computed at once.
  const batch = { tokens: context, sequences: concurrency };
  const shares = {
    capacity,
    budget: Math.floor(capacity * gpuMemoryUtilization * wiggleRoom),
    weights: weightBytesPerGpu(architecture, quantizations[quantization], deployment),
    activations: activationBytes(architecture, batch, tensorParallel),
    graphs: 0,
    runtime: (768 + (tensorParallel > 1 ? 512 : 0)) * mebibyte,
  };
  const layout = {
    blockBytes:
      blockTokens * architecture.layers * bytesPerTokenAndLayer(architecture, kvCacheType, tensorParallel),
    fullGroups: 1,
    windowGroups: 0,
    windowTokens: 0,
  };
  const cache = blockCacheUse(layout, kvBytes(shares), deployment, Math.max(mostRequests, concurrency));
  return { ...shares, cache };
}
