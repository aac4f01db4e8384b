import { type Gpu, type GpuName, gpu, gpuNames } from "../../catalog/gpus.ts";
import type { CatalogModel, ModelArchitecture } from "../../catalog/models/architecture.ts";
import { nodesOfPipeline } from "../../catalog/models/parallelism.ts";
import type { QuantizationName } from "../../catalog/quantizations.ts";
import { engineOf, formatsOf, onCpu, tgiGpus } from "../../spec/defaults.ts";
import type { Engine, ModelSpec } from "../../spec/models.ts";
import type { Deployment, MemoryEstimate } from "../memory/estimate.ts";
import { estimateMemory } from "../memory/fit.ts";
import type { Demand, Option, Workload } from "../placement/problem.ts";
import { cardKind, profilesOf, seenCard, sharingOf, utilizationOfEach } from "../sharing.ts";

/** GPUs that an environment may use, with the most that one node of it has. None: it is CPU-only. */
export type GpuSupply = ReadonlyMap<GpuName, number>;

/** A model as it is to run: its description with every default of the environment filled in. */
export interface ModelRequest {
  readonly name: string;
  readonly spec: ModelSpec;
  readonly architecture: ModelArchitecture;
  /** Undefined for a model that the catalog doesn't know. */
  readonly known: CatalogModel | undefined;
  readonly prod: boolean;
  /** Ways to buy its nodes, best first. */
  readonly purchase: Workload["purchase"];
}

/** One legal way to run it, with what it takes. */
export interface Candidate {
  readonly option: Option;
  /** Pods that serve a replica together, each on a node of its own; mostly 1. */
  readonly podsPerReplica: number;
  readonly deployment: Deployment;
  readonly memory: MemoryEstimate;
}

/** A way that was looked at and can't work, for the explanation. */
export interface Refusal {
  readonly id: string;
  readonly reason: string;
}

export interface ModelSizing {
  readonly request: ModelRequest;
  readonly engine: Engine;
  readonly candidates: ReadonlyMap<string, Candidate>;
  readonly refusals: readonly Refusal[];
  /** Undefined when nothing fits: `refusals` say why. */
  readonly workload: Workload | undefined;
}

/** Context when the spec says none: enough for retrieval and chat, without taking the cache of longer requests. */
const defaultContext = 8192;

/**
 * Lists the ways to run a model: each format it may have on each GPU it may use, on the fewest GPUs of that kind on
 * which it starts and holds the wanted requests. More of the same GPUs never cost less, so they are not looked at
 * unless the spec asks for them.
 */
export function sizeModel(request: ModelRequest, supply: GpuSupply): ModelSizing {
  const { spec } = request;
  const engine = engineOf(spec, supply.size === 0);
  const candidates = new Map<string, Candidate>();
  const refusals: Refusal[] = [];
  const found = kindsFor(engine, spec, supply).flatMap((kind) =>
    quantizationsFor(request, kind === undefined).map((quantization) =>
      smallest(request, engine, kind, quantization, supply),
    ),
  );
  // One node is better than several where it is enough: no network between the GPUs.
  const pods = Math.min(
    ...found.map((way) => ("option" in way ? way.podsPerReplica : Number.POSITIVE_INFINITY)),
  );
  for (const way of found) {
    if (!("option" in way)) refusals.push(way);
    else if (way.podsPerReplica === pods) candidates.set(way.option.id, way);
    else {
      const reason = `takes ${way.podsPerReplica} nodes, others take ${pods}`;
      refusals.push({ id: way.option.id, reason });
    }
  }
  return { request, engine, candidates, refusals, workload: workloadOf(request, candidates) };
}

function kindsFor(engine: Engine, spec: ModelSpec, supply: GpuSupply): (Gpu | undefined)[] {
  if (onCpu(spec, engine, supply.size === 0)) return [undefined];
  const wanted = spec.gpus ?? (engine === "tgi" ? tgiGpus : gpuNames);
  return gpuNames.filter((name) => supply.has(name) && wanted.includes(name)).map((name) => gpu(name));
}

function quantizationsFor({ spec, architecture }: ModelRequest, cpu: boolean): readonly QuantizationName[] {
  const asked = formatsOf(spec);
  return asked.length > 0 ? asked : [cpu ? "q4_K_M" : architecture.published];
}

function smallest(
  request: ModelRequest,
  engine: Engine,
  kind: Gpu | undefined,
  quantization: QuantizationName,
  supply: GpuSupply,
): Candidate | Refusal {
  const { spec } = request;
  const pipelineParallel = spec.pipelineParallel ?? 1;
  const most = kind ? (supply.get(kind.name) ?? 0) : 1;
  const sharing = sharingOf(spec);
  const id = `${kind ? cardKind(kind.name, sharing) : "cpu"}/${quantization}`;
  const share = seenBy(kind, spec);
  if ("problem" in share) return { id, reason: share.problem };
  const podsPerReplica = podsOver(spec, engine, most);
  let reason = `one node has at most ${most} of them`;
  for (const tensorParallel of degrees(spec, kind, (most * podsPerReplica) / pipelineParallel)) {
    const deployment = deploymentOf(request, engine, share, quantization, tensorParallel, pipelineParallel);
    const memory = estimateMemory(deployment);
    if (memory.problem === undefined) {
      return {
        option: optionOf(deployment, memory, spec, podsPerReplica),
        podsPerReplica,
        deployment,
        memory,
      };
    }
    // Lack of memory on few GPUs says less than on many, but more than that the next number doesn't divide the heads.
    if (memory.shares.budget > 0 || tensorParallel === 1 || spec.tensorParallel) reason = memory.problem;
  }
  return { id, reason };
}

/**
 * Nodes over which the stages of a pipeline are distributed, as few as have the GPUs: whole stages on each, so that layers are
 * split within a node and the network carries activations only. vLLM's own server; Triton's starts on one node.
 * @param most GPUs of one node
 */
function podsOver(
  { pipelineParallel = 1, server, tensorParallel }: ModelSpec,
  engine: Engine,
  most: number,
): number {
  if (tensorParallel === undefined || engine !== "vllm" || server === "triton") return 1;
  return nodesOfPipeline(tensorParallel, pipelineParallel, most) ?? 1;
}

/** The card as a server sees it, or the slice that it has of it, and how much of its memory it may take. */
interface SeenGpu {
  readonly gpu: Gpu | undefined;
  readonly utilization: number;
}

function seenBy(kind: Gpu | undefined, spec: ModelSpec): SeenGpu | { readonly problem: string } {
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

/** Powers of two, as NVLink and the instance sizes come; or the one that the spec asks for. A share is of one card. */
function degrees(spec: ModelSpec, kind: Gpu | undefined, most: number): number[] {
  const { tensorParallel } = spec;
  if (kind === undefined || sharingOf(spec) !== undefined) return [1];
  if (tensorParallel !== undefined) return tensorParallel <= most ? [tensorParallel] : [];
  return [1, 2, 4, 8, 16].filter((degree) => degree <= most);
}

function deploymentOf(
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

function optionOf(
  { gpu: kind, quantization, ...deployment }: Deployment,
  memory: MemoryEstimate,
  spec: ModelSpec,
  podsPerReplica: number,
): Option {
  const card = kind && cardKind(kind.name, sharingOf(spec));
  // A node keeps an image packed and unpacked.
  const copies = spec.weights === "baked" ? 2 : 1;
  const gpus = kind ? deployment.tensorParallel * deployment.pipelineParallel : 0;
  const demand: Demand = {
    gpu: card,
    gpus: gpus / podsPerReplica,
    milliCpus: kind ? gpuServerMilliCpus(gpus / podsPerReplica) : cpuServerMilliCpus(memory.diskMiB),
    memoryMiB: roundUp(memory.hostMemoryMiB / podsPerReplica, 1024),
    diskGiB: Math.ceil((copies * memory.diskMiB) / 1024),
  };
  return {
    id: card ? `${gpus}x${card}/${quantization}` : `cpu/${quantization}`,
    demand,
    // Pods of a replica wait for each other, and a group of nodes over several zones may bring one in another.
    needs: podsPerReplica > 1 ? ["one-zone"] : [],
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

function workloadOf(
  { name, prod, purchase, spec }: ModelRequest,
  candidates: ReadonlyMap<string, Candidate>,
): Workload | undefined {
  const [{ podsPerReplica } = { podsPerReplica: 1 }] = candidates.values();
  const [first, ...rest] = [...candidates.values()].map(({ option }) => option);
  if (first === undefined) return undefined;
  const replicas = spec.replicas ?? (prod ? 2 : 1);
  const common = {
    name,
    role: first.demand.gpu === undefined ? ("cpu" as const) : ("gpu" as const),
    options: [first, ...rest] as const,
  };
  // Each of its pods is a replica here: no two fit on one node, or fewer nodes would do.
  if (podsPerReplica > 1)
    return { ...common, replicas: replicas * podsPerReplica, spread: "none", purchase: inOneZone(purchase) };
  return {
    ...common,
    replicas,
    scaling: spec.autoscaling,
    spread: replicas === 1 ? "none" : (spec.spread ?? (prod ? "zone" : "none")),
    purchase,
  };
}

/** Ways whose nodes are all in one zone, so that no others are kept ready either. All, where there is none: placement says why. */
function inOneZone(purchase: Workload["purchase"]): Workload["purchase"] {
  const reserved = purchase.filter((way) => way === "reservation" || way === "capacity-block");
  return reserved.length > 0 ? reserved : purchase;
}
