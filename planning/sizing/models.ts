import { type Gpu, type GpuName, gpu, gpuNames } from "../../catalog/gpus.ts";
import type { CatalogModel, ModelArchitecture } from "../../catalog/models/architecture.ts";
import type { QuantizationName } from "../../catalog/quantizations.ts";
import { engineOf, formatsOf, onCpu, onSeveralNodes, tgiGpus } from "../../spec/defaults.ts";
import type { Engine, ModelSpec } from "../../spec/models.ts";
import type { Deployment, MemoryEstimate } from "../memory/estimate.ts";
import { estimateMemory } from "../memory/fit.ts";
import type { Option, Workload } from "../placement/problem.ts";
import { cardKind, sharingOf } from "../sharing.ts";
import { overSeveralNodes, reservedWays } from "./severalNodes.ts";
import { deploymentOf, optionOf, seenBy } from "./ways.ts";

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
  /** Nodes with GPUs that are reserved, each kind in each zone. Default: none. */
  readonly reserved?: readonly ReservedNodes[];
}

/** Nodes of one reservation or capacity block, which are all in one zone. */
export interface ReservedNodes {
  readonly gpu: GpuName;
  readonly perNode: number;
  readonly zone: string;
}

/** One legal way to run it, with what it takes. */
export interface Candidate {
  readonly option: Option;
  /** Pods that serve a replica together, each on a node of its own; mostly 1. */
  readonly podsPerReplica: number;
  /** Where all of them must be; undefined where it doesn't matter. */
  readonly zone?: string;
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
    quantizationsFor(request, kind === undefined).flatMap((quantization) => {
      const most = kind ? (supply.get(kind.name) ?? 0) : 1;
      return kind && onSeveralNodes(spec, engine, most)
        ? overSeveralNodes(request, kind, quantization)
        : [smallest(request, engine, kind, quantization, most)];
    }),
  );
  // One node is better than several where it is enough: no network between the GPUs.
  const pods = Math.min(...found.flatMap((way) => ("option" in way ? way.podsPerReplica : [])));
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
  most: number,
): Candidate | Refusal {
  const { spec } = request;
  const pipelineParallel = spec.pipelineParallel ?? 1;
  const sharing = sharingOf(spec);
  const id = `${kind ? cardKind(kind.name, sharing) : "cpu"}/${quantization}`;
  const share = seenBy(kind, spec);
  if ("problem" in share) return { id, reason: share.problem };
  let reason = `one node has at most ${most} of them`;
  for (const tensorParallel of degrees(spec, kind, most / pipelineParallel)) {
    const deployment = deploymentOf(request, engine, share, quantization, tensorParallel, pipelineParallel);
    const memory = estimateMemory(deployment);
    if (memory.problem === undefined) {
      return { option: optionOf(deployment, memory, spec), podsPerReplica: 1, deployment, memory };
    }
    // Lack of memory on few GPUs says less than on many, but more than that the next number doesn't divide the heads.
    if (memory.shares.budget > 0 || tensorParallel === 1 || spec.tensorParallel) reason = memory.problem;
  }
  return { id, reason };
}

/** Powers of two, as NVLink and the instance sizes come; or the one that the spec asks for. A share is of one card. */
function degrees(spec: ModelSpec, kind: Gpu | undefined, most: number): number[] {
  const { tensorParallel } = spec;
  if (kind === undefined || sharingOf(spec) !== undefined) return [1];
  if (tensorParallel !== undefined) return tensorParallel <= most ? [tensorParallel] : [];
  return [1, 2, 4, 8, 16].filter((degree) => degree <= most);
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
  if (podsPerReplica > 1) {
    const pods = replicas * podsPerReplica;
    return { ...common, replicas: pods, podsPerReplica, spread: "none", purchase: reservedWays(spec) };
  }
  return {
    ...common,
    replicas,
    scaling: spec.autoscaling,
    spread: replicas === 1 ? "none" : (spec.spread ?? (prod ? "zone" : "none")),
    purchase,
  };
}
