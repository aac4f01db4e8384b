import type { Gpu } from "../../catalog/gpus.ts";
import { kvCacheFormats, type Quantization, quantizations } from "../../catalog/quantizations.ts";
import { type Accounting, type CacheUse, kvBytes } from "./accounting.ts";
import type { Deployment } from "./estimate.ts";
import { usableBytes } from "./gpuMemory.ts";
import { mebibyte } from "./units.ts";
import { diskMiB, layerBytes, stageLayers } from "./weights.ts";

/** Tokens that are computed at once. Ollama takes 1,024 or 2,048 for long contexts, but only where memory is plenty. */
const batchTokens = 512;

/** Cells of a cache come in multiples of this. */
const cellPadding = 256;

/** What `--fit` leaves free on each GPU before it takes layers off it: LLAMA_ARG_FIT_TARGET. */
const fitTarget = 1024 * mebibyte;

/** CUDA context with llama.cpp's kernels. */
const cudaContext = 512 * mebibyte;

/** Buffers beside a vision tower's weights that Ollama counts with (mmprojOffloadHeadroom). */
const towerBuffers = 1024 * mebibyte;

/**
 * llama.cpp's accounting, as Ollama starts it: `OLLAMA_NUM_PARALLEL` slots of `OLLAMA_CONTEXT_LENGTH` tokens, all
 * allocated at start. On GPUs it is all or nothing: whatever doesn't fit would be computed by the CPU, at a tenth of
 * the speed. Each GPU has whole layers; the embedding stays in the host's memory. There is no setting like vLLM's
 * share of the GPU: it takes what it needs, and leaves 1 GiB free.
 * Source: Ollama 0.33.0 llm/llama_server.go, server/sched.go; llama.cpp b10488 src/llama-model.cpp (buffer types of
 * the input and output layers), src/llama-context.cpp (graph_reserve), common/fit.cpp.
 */
export function llamaCppAccounting(deployment: Deployment, gpu: Gpu | undefined): Accounting {
  const { architecture, quantization: name } = deployment;
  const quantization = quantizations[name];
  const activations = computeBytes(deployment);
  if (gpu === undefined) {
    const cache = slotCacheUse(
      deployment,
      slotBytes(deployment, deployment.context) * deployment.concurrency,
    );
    const weights = diskMiB(deployment) * mebibyte;
    const budget = weights + activations + cache.needed;
    return { capacity: budget, budget, weights, activations, graphs: 0, runtime: 0, cache };
  }
  const capacity = usableBytes(gpu);
  const gpus = gpuCount(deployment);
  const { layers, vocabulary, hiddenSize, towerParameters } = architecture;
  const tower = towerParameters > 0 ? towerParameters * 2 + towerBuffers : 0;
  const shares = {
    capacity,
    budget: capacity - fitTarget,
    weights:
      (layerBytes(architecture, quantization) * stageLayers(layers, gpus)) / layers +
      headBytes(quantization, vocabulary * hiddenSize) +
      tower,
    activations,
    graphs: 0,
    runtime: cudaContext,
  };
  return { ...shares, cache: slotCacheUse(deployment, kvBytes(shares)) };
}

/** llama.cpp gives each GPU whole layers, so both ways to count GPUs mean the same. */
export function gpuCount({ tensorParallel, pipelineParallel }: Deployment): number {
  return tensorParallel * pipelineParallel;
}

/**
 * Bytes that one slot of so many tokens takes on the fullest GPU, or in the host's memory. A layer with a window keeps
 * that and one batch. A latent cache also keeps its values, which are part of its keys.
 * Source: llama.cpp src/llama-kv-cache-iswa.cpp, src/llama-kv-cache.cpp.
 */
export function slotBytes(deployment: Deployment, context: number): number {
  const { architecture } = deployment;
  const { layers, slidingWindow } = architecture;
  const cells = padded(context);
  const windowLayers = slidingWindow?.layers ?? 0;
  const windowCells = Math.min(cells, padded((slidingWindow?.tokens ?? 0) + batchTokens));
  const bytes = cellBytes(deployment) * ((layers - windowLayers) * cells + windowLayers * windowCells);
  return (bytes * stageLayers(layers, gpuCount(deployment))) / layers;
}

function slotCacheUse(deployment: Deployment, bytes: number): CacheUse {
  const { architecture, context, concurrency } = deployment;
  const fullLayers = architecture.layers - (architecture.slidingWindow?.layers ?? 0);
  const stage = stageLayers(architecture.layers, gpuCount(deployment)) / architecture.layers;
  const slot = slotBytes(deployment, context);
  const slots = Math.max(0, Math.floor(bytes / slot));
  return {
    bytesPerToken: cellBytes(deployment) * fullLayers * stage,
    needed: slot * concurrency,
    tokens: slots * context,
    largestContext: longestSlot(deployment, bytes / concurrency),
    concurrency: slots,
  };
}

/** Longest context of a slot of so many bytes: it is made of steps, so it is looked for by halving. */
function longestSlot(deployment: Deployment, bytes: number): number {
  const { maxContext } = deployment.architecture;
  let fits = 0;
  let tooLong = Math.ceil(maxContext / cellPadding) + 1;
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (slotBytes(deployment, middle * cellPadding) <= bytes) fits = middle;
    else tooLong = middle;
  }
  return Math.min(maxContext, fits * cellPadding);
}

/**
 * Compute buffer: 32-bit logits and hidden states of one batch, as with flash attention no scores are kept. Llama 3 8B:
 * 512 * (128,256 + 4,096) * 4 = 258.5 MiB, as its log says.
 */
function computeBytes({ architecture }: Deployment): number {
  const { vocabulary, hiddenSize } = architecture;
  return batchTokens * (vocabulary + hiddenSize) * 4;
}

function headBytes({ bits }: Quantization, parameters: number): number {
  return (parameters * bits.head) / 8;
}

function padded(cells: number): number {
  return Math.ceil(cells / cellPadding) * cellPadding;
}

/** Bytes of one token in one layer. */
function cellBytes({ architecture: { attention }, kvCacheType }: Deployment): number {
  const { bytesPerElement } = kvCacheFormats[kvCacheType];
  if (attention.kind === "gqa") return 2 * attention.kvHeads * attention.headDim * bytesPerElement;
  return (2 * attention.kvLoraRank + attention.ropeHeadDim) * bytesPerElement;
}
