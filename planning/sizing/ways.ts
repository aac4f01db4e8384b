import type { Gpu } from "../../catalog/gpus.ts";
import type { QuantizationName } from "../../catalog/quantizations.ts";
import type { Engine, ModelSpec } from "../../spec/models.ts";
import type { Deployment, MemoryEstimate } from "../memory/estimate.ts";
import { serverMemoryMiB } from "../memory/host.ts";
import type { Demand, Option } from "../placement/problem.ts";
import { cardKind, profilesOf, seenCard, sharingOf, utilizationOfEach } from "../sharing.ts";
import type { ModelRequest } from "./models.ts";

/** Context when the spec says none: enough for retrieval and chat, without taking the cache of longer requests. */
const defaultContext = 8192;

/** The card as a server sees it, or the slice that it has of it, and how much of its memory it may take. */
interface SeenGpu {
  readonly gpu: Gpu | undefined;
  readonly utilization: number;
}

export function seenBy(kind: Gpu | undefined, spec: ModelSpec): SeenGpu | { readonly problem: string } {
  const sharing = sharingOf(spec);
  const gpu = kind && seenCard(kind, sharing);
  const together = spec.gpuMemoryUtilization ?? utilizationOf(gpu);
  if (kind === undefined) return { gpu, utilization: together };
  if (gpu === undefined) return { problem: `${kind.name} has no such slice: ${profilesOf(kind)}` };
  const utilization = utilizationOfEach(gpu, sharing, together);
  return utilization === undefined
    ? { problem: `of ${kind.name}, so many that take turns leave no memory for one` }
    : { gpu, utilization };
}

export function deploymentOf(
  { spec, architecture }: ModelRequest,
  engine: Engine,
  { gpu, utilization }: SeenGpu,
  quantization: QuantizationName,
  tensorParallel: number,
  pipelineParallel: number,
): Deployment {
  const context = Math.min(spec.context ?? defaultContext, architecture.maxContext);
  return {
    engine,
    architecture,
    quantization,
    kvCacheType: spec.kvCacheType,
    gpu,
    tensorParallel,
    pipelineParallel,
    gpuMemoryUtilization: utilization,
    context,
    concurrency: spec.concurrency,
    tokensPerRequest: Math.min(spec.tokensPerRequest ?? Math.ceil(context / 4), context),
  };
}

/**
 * vLLM's own default is 0.92 of the GPU (0.33.0 config/cache.py). On cards of 24 to 48 GB 0.85 leaves some GiB for what
 * the start-up profile doesn't see: fragmentation, a longer prompt's logits, a second process during a rollout.
 */
function utilizationOf(kind: Gpu | undefined): number {
  return kind && kind.memoryMiB > 48 * 1024 ? 0.92 : 0.85;
}

export function optionOf(
  { gpu: kind, quantization, ...deployment }: Deployment,
  memory: MemoryEstimate,
  spec: ModelSpec,
): Option {
  const card = kind && cardKind(kind.name, sharingOf(spec));
  // A node keeps an image packed and unpacked.
  const copies = spec.weights === "baked" ? 2 : 1;
  const gpus = kind ? deployment.tensorParallel * deployment.pipelineParallel : 0;
  const demand: Demand = {
    gpu: card,
    gpus,
    milliCpus: kind ? gpuServerMilliCpus(gpus) : cpuServerMilliCpus(memory.diskMiB),
    memoryMiB: roundUp(memory.hostMemoryMiB, 1024),
    diskGiB: Math.ceil((copies * memory.diskMiB) / 1024),
  };
  return {
    id: card ? `${gpus}x${card}/${quantization}` : `cpu/${quantization}`,
    demand,
    needs: [],
    penalty: 0,
  };
}

/** One process per GPU, one for the scheduler and one for HTTP, of which the last two share a CPU when idle. */
function gpuServerMilliCpus(gpus: number): number {
  return 1000 + 1000 * gpus;
}

/** llama.cpp's decoding is bound by memory bandwidth: 4 threads saturate what a small model needs, 8 a larger one. */
function cpuServerMilliCpus(weightsMiB: number): number {
  return weightsMiB <= 4096 ? 4000 : 8000;
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}

/** Of the option of a whole replica, that of each of its pods. */
export function optionOfPods({ demand, id, ...option }: Option, pods: number, zone: string): Option {
  const gpus = demand.gpus / pods;
  const memoryMiB = roundUp(serverMemoryMiB(gpus), 1024);
  return {
    ...option,
    id: `${id}@${zone}`,
    demand: { ...demand, gpus, milliCpus: gpuServerMilliCpus(gpus), memoryMiB },
    needs: [`zone:${zone}`],
  };
}
