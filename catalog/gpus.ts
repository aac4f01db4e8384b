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
  /**
   * Memory that programs can use: what EC2 reports, or the driver where that is less. EC2 gives the nominal size of
   * some cards (H100: 81,920 MiB) and for others less than the driver (L4: 22,888 MiB against 23,034).
   * Source: EC2 DescribeInstanceTypes as of moto 5.2.5; nvidia-smi.
   */
  readonly memoryMiB: number;
  /** CUDA compute capability, for example 8.9. Source: NVIDIA, CUDA GPU compute capability. */
  readonly computeCapability: number;
  /**
   * Version of FlashAttention that vLLM picks by itself; undefined where it falls back to Triton's attention.
   * By compute capability: 9.x is 3, 10.x is 4, else 2 from 8.0 on. So RTX PRO (12.0) gets 2, and B300 (10.3) gets 4.
   * With heads wider than 128 vLLM takes 2 on 10.x as well, and there FlashInfer comes before FlashAttention.
   * Source: vLLM 0.33.0, v1/attention/backends/fa_utils.py, get_flash_attn_version.
   */
  readonly flashAttention: 2 | 3 | 4 | undefined;
  /** Whether GPUs of one node reach each other by NVLink; without it tensor parallelism crosses PCIe. */
  readonly nvlink: boolean;
  /**
   * MIG profiles by name, with the memory of each in GB, nominal, as in the name; empty where the card can't be
   * partitioned. Variants with media engines (`+me`) are left out: they hold the same.
   * Source: NVIDIA Multi-Instance GPU User Guide, supported MIG profiles; B300: sagemaker-hyperpod-cli.
   */
  readonly mig: Readonly<Record<string, number>>;
}

const mig80 = { "1g.10gb": 10, "1g.20gb": 20, "2g.20gb": 20, "3g.40gb": 40, "4g.40gb": 40, "7g.80gb": 80 };

export const gpus = {
  T4: {
    name: "T4",
    memoryMiB: 15_360,
    computeCapability: 7.5,
    flashAttention: undefined,
    nvlink: false,
    mig: {},
  },
  A10G: {
    name: "A10G",
    memoryMiB: 22_888,
    computeCapability: 8.6,
    flashAttention: 2,
    nvlink: false,
    mig: {},
  },
  L4: { name: "L4", memoryMiB: 22_888, computeCapability: 8.9, flashAttention: 2, nvlink: false, mig: {} },
  L40S: {
    name: "L40S",
    memoryMiB: 45_776,
    computeCapability: 8.9,
    flashAttention: 2,
    nvlink: false,
    mig: {},
  },
  "RTX-PRO-4500": {
    name: "RTX-PRO-4500",
    memoryMiB: 32_623,
    computeCapability: 12.0,
    flashAttention: 2,
    nvlink: false,
    mig: { "1g.16gb": 16, "2g.32gb": 32 },
  },
  "RTX-PRO-6000": {
    name: "RTX-PRO-6000",
    memoryMiB: 97_887,
    computeCapability: 12.0,
    flashAttention: 2,
    nvlink: false,
    mig: { "1g.24gb": 24, "2g.48gb": 48, "4g.96gb": 96 },
  },
  "A100-40": {
    name: "A100-40",
    memoryMiB: 40_960,
    computeCapability: 8.0,
    flashAttention: 2,
    nvlink: true,
    mig: { "1g.5gb": 5, "1g.10gb": 10, "2g.10gb": 10, "3g.20gb": 20, "4g.20gb": 20, "7g.40gb": 40 },
  },
  "A100-80": {
    name: "A100-80",
    memoryMiB: 81_920,
    computeCapability: 8.0,
    flashAttention: 2,
    nvlink: true,
    mig: mig80,
  },
  H100: {
    name: "H100",
    memoryMiB: 81_559,
    computeCapability: 9.0,
    flashAttention: 3,
    nvlink: true,
    mig: mig80,
  },
  H200: {
    name: "H200",
    memoryMiB: 143_771,
    computeCapability: 9.0,
    flashAttention: 3,
    nvlink: true,
    mig: { "1g.18gb": 18, "1g.35gb": 35, "2g.35gb": 35, "3g.71gb": 71, "4g.71gb": 71, "7g.141gb": 141 },
  },
  B200: {
    name: "B200",
    memoryMiB: 183_359,
    computeCapability: 10.0,
    flashAttention: 4,
    nvlink: true,
    mig: { "1g.23gb": 23, "1g.45gb": 45, "2g.45gb": 45, "3g.90gb": 90, "4g.90gb": 90, "7g.180gb": 180 },
  },
  B300: {
    name: "B300",
    memoryMiB: 275_040,
    computeCapability: 10.3,
    flashAttention: 4,
    nvlink: true,
    mig: { "1g.34gb": 34, "1g.67gb": 67, "2g.67gb": 67, "3g.135gb": 135, "4g.135gb": 135, "7g.269gb": 269 },
  },
} as const satisfies { readonly [Name in GpuName]: Gpu & { readonly name: Name } };

export function gpu(name: GpuName): Gpu {
  return gpus[name];
}

/**
 * Whether its tensor cores multiply in bfloat16: from Ampere, compute capability 8.0, on.
 * Source: NVIDIA, CUDA C++ programming guide, "Compute Capabilities".
 */
export function hasBfloat16(name: GpuName): boolean {
  return gpus[name].computeCapability >= 8;
}
