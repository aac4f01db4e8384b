import type { Gpu, GpuName } from "../../catalog/gpus.ts";
import { mebibyte } from "./units.ts";

/**
 * Memory in MiB that CUDA lets a process see, which is what vLLM and PyTorch count with: the driver keeps some hundred
 * MiB of what it and EC2 report. The least of the figures in public logs up to November 2026 ("total_gpu_memory
 * (44.31GiB)", "Free memory on device (78.84/79.25 GiB)"). RTX PRO 4500 and B300 had none with two digits:
 * theirs is the driver's less 1.5 %.
 */
const seenByCuda: Readonly<Record<GpuName, number>> = {
  T4: 14_909,
  A10G: 22_579,
  L4: 22_558,
  L40S: 45_373,
  "RTX-PRO-4500": 32_133,
  "RTX-PRO-6000": 97_249,
  "A100-40": 40_192,
  "A100-80": 81_039,
  H100: 80_998,
  H200: 143_073,
  B200: 182_630,
  B300: 270_914,
};

/** Bytes that a process can use of a GPU; all of a slice that is smaller than the card. */
export function usableBytes({ name, memoryMiB }: Gpu): number {
  return Math.min(memoryMiB, seenByCuda[name]) * mebibyte;
}
