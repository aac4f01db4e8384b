import type { Accounting } from "./accounting.ts";
import type { Deployment } from "./estimate.ts";
import { mebibyte } from "./units.ts";

/** Resident memory of a Python server with PyTorch and its scheduler. */
const pythonServerMiB = 4096;

/** A worker process per GPU: PyTorch, CUDA and pinned buffers. */
const workerMiB = 3072;

/** `ollama serve` and `llama-server`, with CUDA where there is a GPU. */
const ollamaMiB = 512;
const cudaMiB = 1024;

/**
 * Memory of the host that a pod must request, in MiB. Files of weights are mapped: their pages count towards the pod
 * but are given back under pressure, so they are left out, but for llama.cpp on the CPU, which computes on them.
 */
export function hostMemoryMiB(
  { engine, gpu, tensorParallel, pipelineParallel }: Deployment,
  accounting: Accounting,
): number {
  if (engine === "ollama") {
    return Math.ceil(ollamaMiB + (gpu ? cudaMiB : accounting.budget / mebibyte));
  }
  return pythonServerMiB + workerMiB * tensorParallel * pipelineParallel;
}
