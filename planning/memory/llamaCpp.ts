import type { Gpu } from "../../catalog/gpus.ts";
import { kvCacheFormats, quantizations } from "../../catalog/quantizations.ts";
import { type Accounting, type CacheUse, kvBytes } from "./accounting.ts";
import type { Deployment } from "./estimate.ts";
import { usableBytes } from "./gpuMemory.ts";
import { mebibyte } from "./units.ts";
import { diskMiB, layerBytes, stageShare } from "./weights.ts";

/** Cells of a cache come in multiples of this. */
const cellPadding = 256;

/** What `--fit` leaves free on each GPU before it takes layers off it: LLAMA_ARG_FIT_TARGET. */
const fitTarget = 1024 * mebibyte;

/** CUDA context with llama.cpp's kernels. */
const cudaContext = 512 * mebibyte;

/** Buffers beside a vision tower's weights that Ollama counts with (mmprojOffloadHeadroom). */
const towerBuffers = 1024 * mebibyte;

/**
 * llama.cpp's accounting, as Ollama starts it: OLLAMA_NUM_PARALLEL slots of OLLAMA_CONTEXT_LENGTH tokens each, all
 * allocated at start. On GPUs it is all or nothing: layers that don't fit would be computed by the CPU, many times
 * slower. Each GPU has whole layers; the embedding stays in the host's memory. There is no setting like vLLM's share
 * of the GPU: it takes what it needs and leaves 1 GiB free.
 * Source: Ollama 0.33.0 llm/llama_server.go, server/sched.go; llama.cpp b10488 src/llama-model.cpp (buffer types of
 * the input and output layers), common/fit.cpp.
 */
export function llamaCppAccounting(deployment: Deployment, gpu: Gpu | undefined): Accounting {
  return gpu === undefined ? onCpu(deployment) : onGpus(deployment, gpu);
}

/** In the host's memory there is what is asked for: the pod requests it. */
function onCpu(deployment: Deployment): Accounting {
  const { concurrency, context } = deployment;
  const weights = diskMiB(deployment) * mebibyte;
  const activations = computeBytes(deployment);
  const cache = slotCacheUse(deployment, concurrency * slotBytes(deployment, context));
  const budget = weights + activations + cache.needed;
  return { capacity: budget, budget, weights, activations, graphs: 0, runtime: 0, missingAtStart: 0, cache };
}

function onGpus(deployment: Deployment, gpu: Gpu): Accounting {
  const capacity = usableBytes(gpu);
  const shares = {
    capacity,
    budget: capacity - fitTarget,
    weights: weightBytes(deployment),
    activations: computeBytes(deployment),
    graphs: 0,
    runtime: cudaContext,
  };
  return { ...shares, missingAtStart: 0, cache: slotCacheUse(deployment, kvBytes(shares)) };
}

/** On the fullest GPU: its layers, the output head and a vision tower. */
function weightBytes(deployment: Deployment): number {
  const { architecture, quantization: name } = deployment;
  const { layers, vocabulary, hiddenSize, towerParameters } = architecture;
  const quantization = quantizations[name];
  const head = (vocabulary * hiddenSize * quantization.bits.head) / 8;
  const tower = towerParameters > 0 ? towerParameters * 2 + towerBuffers : 0;
  return layerBytes(architecture, quantization) * stageShare(layers, gpuCount(deployment)) + head + tower;
}

/** llama.cpp gives each GPU whole layers, so both ways to count GPUs mean the same. */
function gpuCount({ tensorParallel, pipelineParallel }: Deployment): number {
  return tensorParallel * pipelineParallel;
}

/**
 * Bytes that one slot of so many tokens takes on the fullest GPU, or in the host's memory. A layer with a window keeps
 * that and one batch. gpt-oss-120b with 2 slots of 131,072: 9,216 MiB in whole layers, as its log says.
 * Source: llama.cpp b10488 src/llama-kv-cache-iswa.cpp; ollama issue 16480.
 */
function slotBytes(deployment: Deployment, context: number): number {
  const { layers, slidingWindow } = deployment.architecture;
  const windowLayers = slidingWindow?.layers ?? 0;
  const cells = padded(context);
  const windowCells = Math.min(cells, padded((slidingWindow?.tokens ?? 0) + batchTokens(deployment)));
  const bytes = cellBytes(deployment) * ((layers - windowLayers) * cells + windowLayers * windowCells);
  return bytes * stageShare(layers, gpuCount(deployment));
}

function slotCacheUse(deployment: Deployment, bytes: number): CacheUse {
  const { architecture, context, concurrency } = deployment;
  const fullLayers = architecture.layers - (architecture.slidingWindow?.layers ?? 0);
  const slot = slotBytes(deployment, context);
  const slots = Math.max(0, Math.floor(bytes / slot));
  return {
    bytesPerToken: cellBytes(deployment) * fullLayers * stageShare(architecture.layers, gpuCount(deployment)),
    needed: slot * concurrency,
    neededFor: `${concurrency} x ${context} tokens`,
    tokens: slots * context,
    largestContext: longestSlot(deployment, bytes / concurrency),
    concurrency: slots,
  };
}

/** Longest context of a slot of so many bytes: it grows in steps, so it is looked for by halving. */
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
 * Tokens that are computed at once. Ollama takes more for a longer context, on a GPU only while memory is plenty: where
 * it is short, which is what an estimate is for, 512.
 * Source: Ollama 0.33.0 server/sched.go (automaticGenerationBatch).
 */
function batchTokens({ gpu, context, concurrency }: Deployment): number {
  const cells = context * concurrency;
  if (gpu !== undefined || cells <= 4096) return 512;
  return cells <= 32_768 ? 1024 : 2048;
}

/**
 * Compute buffer: 32-bit logits and hidden states of one batch; with flash attention no scores are kept. Llama 3 8B:
 * 512 * (128,256 + 4,096) * 4 = 258.5 MiB. Newer builds keep logits only of the last tokens, and take less.
 * Source: llama.cpp src/llama-context.cpp (graph_reserve).
 */
function computeBytes(deployment: Deployment): number {
  const { vocabulary, hiddenSize } = deployment.architecture;
  return batchTokens(deployment) * (vocabulary + hiddenSize) * 4;
}

function padded(cells: number): number {
  return Math.ceil(cells / cellPadding) * cellPadding;
}

/** Bytes of one token in one layer. A latent cache keeps its values once more, which are part of its keys. */
function cellBytes({ architecture: { attention }, kvCacheType }: Deployment): number {
  const { bytesPerElement } = kvCacheFormats[kvCacheType];
  if (attention.kind === "gqa") return 2 * attention.kvHeads * attention.headDim * bytesPerElement;
  return (2 * attention.kvLoraRank + attention.ropeHeadDim) * bytesPerElement;
}
