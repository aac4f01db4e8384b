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
   * MIG profiles by name; empty where the card can't be partitioned. Variants with media engines (`+me`) are left out:
   * they hold the same.
   * Source: NVIDIA Multi-Instance GPU User Guide, supported MIG profiles; B300: sagemaker-hyperpod-cli.
   */
  readonly mig: Readonly<Record<string, MigProfile>>;
}

/** A slice of a card. Its name says compute units and nominal GB: `3g.20gb`. */
export interface MigProfile {
  /**
   * Memory of the slice: less than its name says, and of the smallest slices on large cards by a tenth. The least in public
   * output of `nvidia-smi mig -lgip` and of programs on slices up to November 2026, for A100-40, A100-80 and H100, and for
   * H200's and B200's and RTX PRO 6000's smallest; for the others in proportion to these: assumptions.
   */
  readonly memoryMiB: number;
  /** Most of them on one card, when it is cut into nothing else. */
  readonly perCard: number;
}

/**
 * Slices of an eighth, two, four and all eighths of a card's memory, of which there are seven, four or three, two or one, and
 * one: as all cards with seven units are cut.
 */
function eighths(
  names: readonly [string, string, string, string, string, string],
  [one, two, four, all]: readonly [number, number, number, number],
): Readonly<Record<string, MigProfile>> {
  const [oneUnit, double, twoUnits, threeUnits, fourUnits, whole] = names;
  return {
    [oneUnit]: { memoryMiB: one, perCard: 7 },
    [double]: { memoryMiB: two, perCard: 4 },
    [twoUnits]: { memoryMiB: two, perCard: 3 },
    [threeUnits]: { memoryMiB: four, perCard: 2 },
    [fourUnits]: { memoryMiB: four, perCard: 1 },
    [whole]: { memoryMiB: all, perCard: 1 },
  };
}

const mig80 = eighths(
  ["1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb"],
  [9728, 19_968, 40_192, 80_640],
);

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
    mig: { "1g.16gb": { memoryMiB: 15_584, perCard: 2 }, "2g.32gb": { memoryMiB: 32_128, perCard: 1 } },
  },
  "RTX-PRO-6000": {
    name: "RTX-PRO-6000",
    memoryMiB: 97_887,
    computeCapability: 12.0,
    flashAttention: 2,
    nvlink: false,
    mig: {
      "1g.24gb": { memoryMiB: 24_192, perCard: 4 },
      "2g.48gb": { memoryMiB: 48_384, perCard: 2 },
      "4g.96gb": { memoryMiB: 96_768, perCard: 1 },
    },
  },
  "A100-40": {
    name: "A100-40",
    memoryMiB: 40_960,
    computeCapability: 8.0,
    flashAttention: 2,
    nvlink: true,
    mig: eighths(
      ["1g.5gb", "1g.10gb", "2g.10gb", "3g.20gb", "4g.20gb", "7g.40gb"],
      [4864, 9850, 19_968, 40_192],
    ),
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
    mig: eighths(
      ["1g.18gb", "1g.35gb", "2g.35gb", "3g.71gb", "4g.71gb", "7g.141gb"],
      [16_384, 33_280, 69_632, 142_848],
    ),
  },
  B200: {
    name: "B200",
    memoryMiB: 183_359,
    computeCapability: 10.0,
    flashAttention: 4,
    nvlink: true,
    mig: eighths(
      ["1g.23gb", "1g.45gb", "2g.45gb", "3g.90gb", "4g.90gb", "7g.180gb"],
      [20_992, 42_496, 88_576, 182_272],
    ),
  },
  B300: {
    name: "B300",
    memoryMiB: 275_040,
    computeCapability: 10.3,
    flashAttention: 4,
    nvlink: true,
    mig: eighths(
      ["1g.34gb", "1g.67gb", "2g.67gb", "3g.135gb", "4g.135gb", "7g.269gb"],
      [30_720, 62_976, 131_072, 270_336],
    ),
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

/** Every profile that some card can be cut into. */
export const migProfiles: readonly string[] = [
  ...new Set(gpuNames.flatMap((name) => Object.keys(gpus[name].mig))),
];
