import { type Accounting, kvBytes } from "./accounting.ts";
import type { Deployment, MemoryEstimate, MemoryShares } from "./estimate.ts";
import { usableBytes } from "./gpuMemory.ts";
import { hostMemoryMiB } from "./host.ts";
import { llamaCppAccounting } from "./llamaCpp.ts";
import { refusal } from "./refusals.ts";
import { tgiAccounting } from "./tgi.ts";
import { gibText, mebibyte } from "./units.ts";
import { vllmAccounting } from "./vllm.ts";
import { diskMiB } from "./weights.ts";

/** What a deployment takes, and whether it works. docs/memory.md has the formulas, and how near they come. */
export function estimateMemory(deployment: Deployment): MemoryEstimate {
  const disk = diskMiB(deployment);
  const refused = refusal(deployment);
  if (refused !== undefined) return refusedEstimate(deployment, disk, refused);
  const accounting = accountingOf(deployment);
  const { cache, missingAtStart } = accounting;
  const missing = Math.max(cache.needed - kvBytes(accounting), missingAtStart);
  const shortfallMiB = Math.max(0, Math.ceil(missing / mebibyte));
  const starts = missingAtStart === 0;
  return {
    shares: sharesOf(accounting),
    kvBytesPerToken: cache.bytesPerToken,
    kvTokens: starts ? cache.tokens : 0,
    largestContext: starts ? cache.largestContext : 0,
    concurrency: starts ? cache.concurrency : 0,
    hostMemoryMiB: hostMemoryMiB(deployment, accounting),
    diskMiB: disk,
    shortfallMiB,
    problem:
      shortfallMiB === 0
        ? undefined
        : starts
          ? shortage(deployment, accounting)
          : tooGreedy(deployment, accounting),
  };
}

function accountingOf(deployment: Deployment): Accounting {
  const { engine, gpu } = deployment;
  if (engine === "ollama" || gpu === undefined) return llamaCppAccounting(deployment, gpu);
  return engine === "vllm" ? vllmAccounting(deployment, gpu) : tgiAccounting(deployment, gpu);
}

function sharesOf(accounting: Accounting): MemoryShares {
  return {
    capacity: accounting.capacity / mebibyte,
    budget: accounting.budget / mebibyte,
    weights: accounting.weights / mebibyte,
    activations: accounting.activations / mebibyte,
    graphs: accounting.graphs / mebibyte,
    runtime: accounting.runtime / mebibyte,
    kvCache: kvBytes(accounting) / mebibyte,
  };
}

/** Nothing can be loaded, so all of the weights is missing. */
function refusedEstimate({ gpu }: Deployment, disk: number, problem: string): MemoryEstimate {
  const capacity = gpu ? usableBytes(gpu) / mebibyte : 0;
  return {
    shares: { capacity, budget: 0, weights: 0, activations: 0, graphs: 0, runtime: 0, kvCache: 0 },
    kvBytesPerToken: 0,
    kvTokens: 0,
    largestContext: 0,
    concurrency: 0,
    hostMemoryMiB: 0,
    diskMiB: disk,
    shortfallMiB: disk,
    problem,
  };
}

/** `needs 41.2 GiB of 38.0 GiB on each L40S: weights 33.8 GiB, ...; a context of 4096 tokens would fit`. */
function shortage(deployment: Deployment, accounting: Accounting): string {
  const { budget, weights, activations, graphs, runtime, cache } = accounting;
  const needed = weights + activations + graphs + runtime + cache.needed;
  const parts = [
    `weights ${gibText(weights)}`,
    `activations ${gibText(activations)}`,
    graphs > 0 ? `graphs and runtime ${gibText(graphs + runtime)}` : `runtime ${gibText(runtime)}`,
    `KV cache for ${cache.neededFor} ${gibText(cache.needed)}`,
  ];
  const sum = `needs ${gibText(needed)} of ${gibText(budget)} on ${placeOf(deployment)}: ${parts.join(", ")}`;
  return `${sum}${remedy(deployment, accounting)}`;
}

/** What of the same would fit, when it is not the weights. */
function remedy({ context, concurrency }: Deployment, { cache }: Accounting): string {
  if (cache.largestContext > 0 && cache.largestContext < context) {
    return `; a context of ${cache.largestContext} tokens would fit`;
  }
  if (cache.concurrency > 0 && cache.concurrency < concurrency) return `; ${cache.concurrency} would fit`;
  return "";
}

function tooGreedy(deployment: Deployment, { budget, capacity, missingAtStart }: Accounting): string {
  const { engine, gpuMemoryUtilization } = deployment;
  const free = gibText(budget - missingAtStart);
  const asked = `${gibText(budget)}, ${gpuMemoryUtilization} of ${gibText(capacity)}`;
  return `${engine} asks for ${asked} on ${placeOf(deployment)}, where CUDA and NCCL leave ${free}: lower gpuMemoryUtilization`;
}

function placeOf({ gpu, tensorParallel, pipelineParallel }: Deployment): string {
  if (gpu === undefined) return "the host";
  return tensorParallel * pipelineParallel > 1 ? `each ${gpu.name}` : `the ${gpu.name}`;
}
