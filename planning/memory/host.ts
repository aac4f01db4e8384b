import { quantizations } from "../../catalog/quantizations.ts";
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
 * but are given back under pressure, so they are left out, but for what llama.cpp computes on there: the embedding, and
 * on the CPU all of it. No source has these figures: they are assumptions on the safe side of what such servers show.
 */
export function hostMemoryMiB(deployment: Deployment, accounting: Accounting): number {
  const { engine, gpu, tensorParallel, pipelineParallel } = deployment;
  if (engine !== "ollama") return serverMemoryMiB(tensorParallel * pipelineParallel);
  const computedOn = gpu ? cudaMiB + embeddingBytes(deployment) / mebibyte : accounting.budget / mebibyte;
  return Math.ceil(ollamaMiB + computedOn);
}

/** Of a server in Python on one node, by its GPUs there. */
export const serverMemoryMiB = (gpus: number): number => pythonServerMiB + workerMiB * gpus;

function embeddingBytes({ architecture, quantization }: Deployment): number {
  return (architecture.vocabulary * architecture.hiddenSize * quantizations[quantization].bits.embedding) / 8;
}
