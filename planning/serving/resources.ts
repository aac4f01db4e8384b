import type { ModelPlan } from "../models.ts";
import { resourceOf } from "../sharing.ts";
import type { Server, ServingResources, ServingVolume } from "./servingPlan.ts";

/** MiB for tokenizers and configuration beside weights. */
const besideWeightsMiB = 512;
/** Compiled kernels and graphs: some hundred MiB in all of them. An assumption with room. */
const compileCacheMiB = 4096;

/**
 * Folders of a server whose weights are fetched when it starts.
 * @param streamed whether weights go past the disk
 */
export function planVolumes(
  model: ModelPlan,
  server: Exclude<Server, "ollama">,
  paths: { readonly weights: string; readonly cache: string },
  streamed: boolean,
): ServingVolume[] {
  return [
    ...(streamed
      ? []
      : [
          {
            name: "weights",
            path: paths.weights,
            medium: "disk" as const,
            sizeMiB: Math.ceil(model.memory.diskMiB) + besideWeightsMiB,
            why: "weights, kept while the pod stays on its node: a crash doesn't fetch them again",
          },
        ]),
    {
      name: "cache",
      path: paths.cache,
      medium: "disk",
      sizeMiB: compileCacheMiB,
      why: "compiled kernels and graphs: 53 to 80 s without, 6 s with",
    },
    {
      name: "shm",
      path: "/dev/shm",
      medium: "memory",
      sizeMiB: sharedMemoryMiB(model, server),
      why: sharedMemoryReason[server],
    },
  ];
}

const sharedMemoryReason = {
  vllm: "NCCL where there is no NVLink, and queues between the server's processes; containers have 64 MiB otherwise",
  triton: "Triton passes requests to its Python backend through it, and vLLM's processes talk as well",
  tgi: "NCCL between shards: TGI's README asks for 1 GiB at least",
} as const;

/**
 * 2 GiB for each GPU: vLLM's Kubernetes guide has 2 GiB for one, LeaderWorkerSet's example 15 GiB for eight
 * (docs/deployment/k8s.md; lws v0.10.0 docs/examples/vllm). It is a limit: what isn't written isn't taken.
 */
function sharedMemoryMiB({ gpu, podsPerReplica }: ModelPlan, server: Exclude<Server, "ollama">): number {
  return 2048 * Math.max(1, (gpu?.count ?? 1) / podsPerReplica) + (server === "triton" ? 1024 : 0);
}

/**
 * What the pod asks for is what placement counted with, to the last unit, so that where it planned one there is room for
 * one. The limit of memory is above that by what may be written to memory-backed folders, which can't be reclaimed.
 * @param pods of a replica, which share its GPUs, CPUs and memory; each has all files
 */
export function planResources(
  { diskGiB, gpu, memoryMiB, milliCpus }: ModelPlan,
  pods: number,
  volumes: readonly ServingVolume[],
): ServingResources {
  const ofPod = Math.ceil(memoryMiB / pods);
  const inMemory = volumes.filter(({ medium }) => medium === "memory");
  const extra = inMemory.reduce((sum, { sizeMiB }) => sum + sizeMiB, 0);
  const devices = gpu ? { [resourceOf(gpu.sharing)]: String(gpu.count / pods) } : {};
  const onDisk = volumes.some(({ medium, name }) => medium === "disk" && name === "weights");
  return {
    requests: {
      cpu: `${Math.ceil(milliCpus / pods)}m`,
      memory: `${ofPod}Mi`,
      ...(onDisk ? { "ephemeral-storage": `${diskGiB}Gi` } : {}),
      ...devices,
    },
    limits: { memory: `${ofPod + extra}Mi`, ...devices },
  };
}
