import { findInstanceType } from "../../catalog/ec2/instances.ts";
import type { ModelArchitecture } from "../../catalog/models/architecture.ts";
import { findModel } from "../../catalog/models/models.ts";
import { quantizations } from "../../catalog/quantizations.ts";
import { mebibyte } from "../memory/units.ts";
import type { ModelPlan } from "../models.ts";

/** How weights go from S3 to the GPUs without a stop on disk, by the Run:ai Model Streamer in vLLM. */
export interface StreamingPlan {
  /** Connections to S3, and threads that read from them. */
  readonly concurrency: number;
  /** Bytes of the host's memory that each GPU's process reads into. */
  readonly bufferBytes: number;
}

/** MiB from which on writing to disk, checking and reading again cost more than they save: two minutes at 0.5 GB/s. */
const worthwhileMiB = 30 * 1024;

/**
 * Undefined where weights go by way of disk. That is the rule: what was checked once on a node is there when the container
 * starts again. Straight from S3 go large ones, and all where kubelet's disk is a network volume; staging has checked them.
 *
 * The buffer must hold the largest tensor, or loading fails, and all of them no more than half of what the pod asks for:
 * the streamer's own default is 40 GB. Source: run-ai/runai-model-streamer, docs/src/env-vars.md and
 * requests_iterator.py; four connections at least, one for 4 GB: AWS, EKS guide, ml-inference-fast-model-loading.
 */
export function planStreaming(model: ModelPlan): StreamingPlan | undefined {
  const { gpu, memory, memoryMiB, nodes } = model;
  const known = findModel(model.model);
  if (known === undefined || gpu === undefined) return undefined;
  const localDisk = nodes.every(({ instanceType }) => (findInstanceType(instanceType)?.nvmeGB ?? 0) > 0);
  if (localDisk && memory.diskMiB < worthwhileMiB) return undefined;
  const bufferBytes = inSteps(largestTensor(known, model), 256 * mebibyte);
  if (gpu.count * bufferBytes > (memoryMiB * mebibyte) / 2) return undefined;
  const gigabytes = (memory.diskMiB * mebibyte) / 1e9;
  return { concurrency: Math.min(16, Math.max(4, Math.ceil(gigabytes / 4))), bufferBytes };
}

/** The embedding in 16 bits, or the experts of one layer where they are one tensor. */
function largestTensor(architecture: ModelArchitecture, { deployment }: ModelPlan): number {
  const { expertParameters, hiddenSize, layers, vocabulary } = architecture;
  const { bits, online } = quantizations[deployment.quantization];
  const expertBits = online ? quantizations[architecture.published].bits.layers : bits.layers;
  // Up- and gate-projection together are two thirds of them.
  const experts = ((2 / 3) * expertParameters * expertBits) / layers / 8;
  return Math.max(2 * vocabulary * hiddenSize, experts);
}

function inSteps(bytes: number, step: number): number {
  return Math.ceil(bytes / step) * step;
}
