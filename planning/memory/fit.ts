import type { Accounting } from "./accounting.ts";
import { kvBytes } from "./accounting.ts";
import type { Deployment, MemoryEstimate, MemoryShares } from "./estimate.ts";
import { hostMemoryMiB } from "./host.ts";
import { llamaCppAccounting } from "./llamaCpp.ts";
import { refusal } from "./refusals.ts";
import { tgiAccounting } from "./tgi.ts";
import { gibText, mebibyte } from "./units.ts";
import { vllmAccounting } from "./vllm.ts";
import { diskMiB } from "./weights.ts";

/** Says what a deployment takes and whether it works: see docs/memory.md for the formulas and how near they come. */
export function estimateMemory(deployment: Deployment): MemoryEstimate {
  const disk = diskMiB(deployment);
  const refused = refusal(deployment);
  const accounting = refused === undefined ? accountingOf(deployment) : undefined;
  if (accounting === undefined) return refusedEstimate(deployment, disk, refused ?? "");
  const { cache } = accounting;
  const shares = sharesOf(accounting);
  const shortfallMiB = Math.max(0, Math.ceil((cache.needed - kvBytes(accounting)) / mebibyte));
  return {
    shares,
    kvBytesPerToken: cache.bytesPerToken,
    kvTokens: cache.tokens,
    largestContext: cache.largestContext,
    concurrency: cache.concurrency,
    hostMemoryMiB: hostMemoryMiB(deployment, accounting),
    diskMiB: disk,
    shortfallMiB,
    problem: shortfallMiB === 0 ? undefined : shortage(deployment, shares, cache.needed, shortfallMiB),
  };
}

function accountingOf(deployment: Deployment): Accounting | undefined {
  const { engine, gpu } = deployment;
  if (engine === "ollama") return llamaCppAccounting(deployment, gpu);
  if (gpu === undefined) return undefined;
  return engine === "vllm" ? vllmAccounting(deployment, gpu) : tgiAccounting(deployment, gpu);
}

function sharesOf(accounting: Accounting): MemoryShares {
  const mib = (bytes: number) => bytes / mebibyte;
  return {
    capacity: mib(accounting.capacity),
    budget: mib(accounting.budget),
    weights: mib(accounting.weights),
    activations: mib(accounting.activations),
    graphs: mib(accounting.graphs),
    runtime: mib(accounting.runtime),
    kvCache: mib(kvBytes(accounting)),
  };
}

/** Nothing can be loaded, so all of the weights is missing. */
function refusedEstimate({ gpu }: Deployment, disk: number, problem: string): MemoryEstimate {
  const capacity = gpu?.memoryMiB ?? 0;
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

/** `needs 41.2 GiB of 38.0 GiB on each L40S: weights 39.1, ...` */
function shortage(
  { gpu, tensorParallel, pipelineParallel, context, concurrency, tokensPerRequest, engine }: Deployment,
  shares: MemoryShares,
  cacheBytes: number,
  shortfallMiB: number,
): string {
  const gpus = tensorParallel * pipelineParallel;
  const where = gpus > 1 ? `each ${gpu?.name}` : `the ${gpu?.name}`;
  const cache =
    engine === "ollama"
      ? `${concurrency} x ${context} tokens of KV cache`
      : `KV cache for ${context} tokens and ${concurrency} x ${tokensPerRequest}`;
  const parts = [
    `weights ${gibText(shares.weights)}`,
    `activations ${gibText(shares.activations)}`,
    `graphs and runtime ${gibText(shares.graphs + shares.runtime)}`,
    `${cache} ${gibText(cacheBytes / mebibyte)}`,
  ];
  return `needs ${gibText(shares.budget + shortfallMiB)} of ${gibText(shares.budget)} on ${where}: ${parts.join(", ")}`;
}
