/** Kinds of GPU that a plan may use: EC2's own name, with the memory where one name has two. */
export const gpuNames = [
  "T4",
  "A10G",
  "L4",
  "L40S",
  "RTX-PRO-4500",
  "RTX-PRO-6000",
  "A100-40",
  "A100-80",
  "H100",
  "H200",
  "B200",
  "B300",
] as const;
export type GpuName = (typeof gpuNames)[number];

/** What a plan needs to know of a kind of GPU. */
export interface Gpu {
  readonly name: GpuName;
  /** Memory that the driver reports, which is less than the card's nominal size. */
  readonly memoryMiB: number;
  /** CUDA compute capability, for example 8.9. */
  readonly computeCapability: number;
  /** Version of FlashAttention that vLLM picks; undefined where it falls back to Triton's attention. */
  readonly flashAttention: 2 | 3 | 4 | undefined;
  /** Whether GPUs of one node reach each other by NVLink; without it tensor parallelism crosses PCIe. */
  readonly nvlink: boolean;
  /** MIG profiles by name, with the memory of each in GiB; empty where the card can't be partitioned. */
  readonly mig: Readonly<Record<string, number>>;
}
