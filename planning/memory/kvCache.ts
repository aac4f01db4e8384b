import type { ModelArchitecture } from "../../catalog/models/architecture.ts";
import { type KvCacheType, kvCacheFormats } from "../../catalog/quantizations.ts";
import type { CacheUse } from "./accounting.ts";
import type { Deployment } from "./estimate.ts";

/** Tokens of a block, the unit in which vLLM and TGI give out cache. Source: vLLM 0.33.0 config/cache.py. */
export const blockTokens = 16;

/**
 * Bytes that one token takes in one layer on one GPU.
 *
 *     grouped queries  2 * kvHeads / tensorParallel (at least 1) * headDim * bytes per element
 *     latent           (kvLoraRank + ropeHeadDim) * bytes per element, whole on every GPU
 *
 * Source: vLLM 0.33.0 v1/kv_cache_interface.py (AttentionSpec, MLAAttentionSpec) and config/model.py
 * (get_num_kv_heads).
 */
export function bytesPerTokenAndLayer(
  { attention }: ModelArchitecture,
  kvCacheType: KvCacheType,
  tensorParallel: number,
): number {
  const { bytesPerElement } = kvCacheFormats[kvCacheType];
  if (attention.kind === "mla") return (attention.kvLoraRank + attention.ropeHeadDim) * bytesPerElement;
  return 2 * Math.max(1, attention.kvHeads / tensorParallel) * attention.headDim * bytesPerElement;
}

/** How a cache of blocks is laid out on the fullest GPU. */
export interface BlockLayout {
  /** Bytes of one block. */
  readonly blockBytes: number;
  /** Groups of layers that keep everything: each takes a block of its own for the same tokens. */
  readonly fullGroups: number;
  /** Groups of layers that keep a window. */
  readonly windowGroups: number;
  /** Most tokens that a window group keeps for one request. */
  readonly windowTokens: number;
}

/** Blocks that a request of so many tokens takes at most. */
export function blocksOf({ fullGroups, windowGroups, windowTokens }: BlockLayout, tokens: number): number {
  const whole = Math.ceil(tokens / blockTokens);
  // A window may begin inside a block.
  const windowed = Math.ceil(Math.min(windowTokens, tokens) / blockTokens) + 1;
  return fullGroups * whole + windowGroups * windowed;
}

/** Longest request that fits into so many blocks. */
export function longestRequest(layout: BlockLayout, blocks: number): number {
  const { fullGroups, windowGroups, windowTokens } = layout;
  // A request that is shorter than the window grows in all groups.
  const short = Math.floor((blocks - windowGroups) / (fullGroups + windowGroups)) * blockTokens;
  if (windowGroups === 0 || short <= windowTokens) return Math.max(0, short);
  if (fullGroups === 0) return Number.MAX_SAFE_INTEGER;
  const windowed = windowGroups * (Math.ceil(windowTokens / blockTokens) + 1);
  return Math.floor((blocks - windowed) / fullGroups) * blockTokens;
}

/**
 * What a cache of so many bytes holds.
 *
 * `tokens` is what vLLM logs as "GPU KV cache size": the requests of full context that fit, times the context.
 * Source: vLLM 0.33.0 v1/core/kv_cache_utils.py (get_kv_cache_capacity).
 */
export function blockCacheUse(
  layout: BlockLayout,
  bytes: number,
  { context, concurrency, tokensPerRequest, architecture }: Deployment,
  mostRequests: number,
): CacheUse {
  const blocks = Math.max(0, Math.floor(bytes / layout.blockBytes));
  const forContext = blocksOf(layout, context);
  const forRequest = blocksOf(layout, tokensPerRequest);
  const forRequests = forRequest * concurrency;
  return {
    bytesPerToken: (layout.fullGroups * layout.blockBytes) / blockTokens,
    needed: layout.blockBytes * Math.max(forContext, forRequests),
    neededFor:
      forContext >= forRequests
        ? `a context of ${context} tokens`
        : `${concurrency} requests of ${tokensPerRequest} tokens`,
    tokens: Math.floor((blocks / forContext) * context),
    largestContext: Math.min(architecture.maxContext, longestRequest(layout, blocks)),
    concurrency: Math.min(mostRequests, Math.floor(blocks / forRequest)),
  };
}
