import { instanceTypes, offeredIn } from "../catalog/ec2/instances.ts";
import { type GpuName, gpuNames } from "../catalog/gpus.ts";
import type { ModelArchitecture, ModelTask } from "../catalog/models/architecture.ts";
import { findModel } from "../catalog/models/models.ts";
import { type QuantizationName, quantizations } from "../catalog/quantizations.ts";
import { rdsStorage } from "../catalog/rds.ts";
import type { CapacitySpec } from "./capacity.ts";
import type { Engine, ModelSpec } from "./models.ts";
import type { AwsPlatformSpec, Environment } from "./platform.ts";
import type { RetrievalSpec } from "./retrieval.ts";
import type { PostgresSpec } from "./sections.ts";

/** Name of the EKS cluster: at most 40 + 8 of the 100 characters that EKS allows. */
export function clusterName({ cluster, environment, ownership }: AwsPlatformSpec): string {
  return cluster.name ?? `${ownership.project}-${environment}`;
}

/** Vector store: Qdrant where data must outlive a server, Chroma where people try things. */
export function vectorStore({ store }: RetrievalSpec, environment: Environment) {
  return store ?? (environment === "local" || environment === "dev" ? "chroma" : "qdrant");
}

/** Who runs PostgreSQL: RDS wherever there is one. */
export function postgresDeployment(
  { deployment }: Pick<PostgresSpec, "deployment">,
  environment: Environment,
): NonNullable<PostgresSpec["deployment"]> {
  return deployment ?? (environment === "local" ? "in-cluster" : "rds");
}

/** GiB of PostgreSQL's disk, without what pgvector adds. */
export function postgresStorageGi(
  { deployment, storageGi }: Pick<PostgresSpec, "deployment" | "storageGi">,
  environment: Environment,
): number {
  return storageGi ?? (postgresDeployment({ deployment }, environment) === "rds" ? rdsStorage.leastGiB : 10);
}

/**
 * Most GPUs that one node has, for each kind of GPU that an environment may use: what the region offers in the allowed
 * families, less what `capacity.gpus` leaves out. Empty: the environment is CPU-only, as local always is.
 */
export function gpusPerNode({
  capacity,
  cloud,
}: {
  readonly capacity?: Partial<Pick<CapacitySpec, "families" | "gpus">> | undefined;
  readonly cloud?: Pick<AwsPlatformSpec["cloud"], "region"> | undefined;
}): ReadonlyMap<GpuName, number> {
  const most = new Map<GpuName, number>();
  for (const { family, gpu, name } of instanceTypes) {
    if (!gpu || !cloud || !offeredIn(cloud.region, name)) continue;
    if (capacity?.families?.includes(family) === false || capacity?.gpus?.includes(gpu.name) === false)
      continue;
    most.set(gpu.name, Math.max(most.get(gpu.name) ?? 0, gpu.count));
  }
  return new Map(gpuNames.flatMap((name) => (most.has(name) ? [[name, most.get(name) ?? 0] as const] : [])));
}

/**
 * Whether a model's groups of GPUs are to be on several nodes, each whole on one: more than one node has, for vLLM's own server.
 * Triton's starts on one.
 * @param most GPUs of one node
 */
export function onSeveralNodes(
  { pipelineParallel = 1, server, tensorParallel }: ModelSpec,
  engine: Engine,
  most: number,
): boolean {
  if (tensorParallel === undefined || engine !== "vllm" || server === "triton") return false;
  return tensorParallel <= most && tensorParallel * pipelineParallel > most;
}

/** What is asked of a model. */
export function taskOf({ model, task }: Pick<ModelSpec, "model" | "task">): ModelTask {
  return task ?? findModel(model)?.task ?? "generate";
}

/** Formats of the weights that are written; none where the default holds. */
export function formatsOf({ quantization }: ModelSpec): readonly QuantizationName[] {
  return [quantization ?? []].flat();
}

/** Program that serves a model: Ollama where there is no GPU and for GGUF files, else vLLM. */
export function engineOf(model: ModelSpec, cpuOnly: boolean): Engine {
  if (model.engine) return model.engine;
  const formats = formatsOf(model);
  const gguf = formats.length > 0 && formats.every((name) => quantizations[name].file === "gguf");
  return cpuOnly || gguf ? "ollama" : "vllm";
}

/**
 * GPUs that text-generation-inference is for: bigger models over several cards (A100, H100). Its last release, 3.3.7,
 * has no kernels for Blackwell (Dockerfile, TORCH_CUDA_ARCH_LIST "8.0;8.6;9.0+PTX").
 */
export const tgiGpus: readonly GpuName[] = ["A100-40", "A100-80", "H100", "H200"];

/** Longest request when a model says none: enough for retrieval and chat, without taking the cache of longer ones. */
const defaultContext = 8192;

/** Longest request in tokens, prompt and answer together. */
export function contextOf(
  { context }: Pick<ModelSpec, "context">,
  { maxContext }: Pick<ModelArchitecture, "maxContext">,
): number {
  return context ?? Math.min(defaultContext, maxContext);
}

/** Whether a model is served on the CPU: Ollama takes no GPU unless it is told which, and there is one. */
export function onCpu(model: ModelSpec, engine: Engine, cpuOnly: boolean): boolean {
  return engine === "ollama" && (cpuOnly || model.gpus === undefined);
}
