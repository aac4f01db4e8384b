import type { GpuName } from "../gpus.ts";
import type { Avx512, InstanceType } from "./instance.ts";

/** What all sizes of an instance family share. */
export interface Family {
  readonly architecture: InstanceType["architecture"];
  /** Kind of GPU, where a plan may use it. */
  readonly gpu?: GpuName;
  readonly cpu: Cpu;
}

/**
 * Generations of CPUs in EC2, each with what it can do of AVX-512.
 *
 * Source of the features: archspec 0.2.7, cpu/microarchitectures.json. Which family has which CPU is in no API of EC2
 * (DescribeInstanceTypes gives maker and clock only): it is from AWS's product pages, so ask the node itself before
 * anything depends on it, by node feature discovery's label `cpu-cpuid.AVX512VPOPCNTDQ`.
 */
const avx512OfCpu = {
  "Skylake-SP": ["f"],
  "Cascade Lake": ["f", "vnni"],
  "Ice Lake": ["f", "vnni", "vpopcntdq"],
  "Sapphire Rapids": ["f", "vnni", "vpopcntdq", "bf16"],
  "Emerald Rapids": ["f", "vnni", "vpopcntdq", "bf16"],
  "Granite Rapids": ["f", "vnni", "vpopcntdq", "bf16"],
  "Zen 2": [],
  "Zen 3": [],
  "Zen 4": ["f", "vnni", "vpopcntdq", "bf16"],
  Graviton2: [],
  Graviton3: [],
  Graviton4: [],
} as const satisfies Record<string, readonly Avx512[]>;
export type Cpu = keyof typeof avx512OfCpu;

/** Subsets of AVX-512 of a generation of CPUs. */
export function avx512(cpu: Cpu): readonly Avx512[] {
  return avx512OfCpu[cpu];
}

const x86 = (cpu: Cpu, gpu?: GpuName): Family => ({ architecture: "x86_64", cpu, ...(gpu && { gpu }) });
const arm = (cpu: Cpu): Family => ({ architecture: "arm64", cpu });

/**
 * Families of the catalog. Without a GPU that a plan may use: `p3dn` (V100: no bfloat16), `g5g` (T4G on Graviton: no
 * images for it), `g6f` and `gr6f` (slices of an L4). i3en runs on Skylake or Cascade Lake, as it comes: the lesser
 * counts.
 */
export const families: Readonly<Record<string, Family>> = {
  c6a: x86("Zen 3"),
  c6i: x86("Ice Lake"),
  c6id: x86("Ice Lake"),
  c7a: x86("Zen 4"),
  c7g: arm("Graviton3"),
  c7i: x86("Sapphire Rapids"),
  "c7i-flex": x86("Sapphire Rapids"),
  g4dn: x86("Cascade Lake", "T4"),
  g5: x86("Zen 2", "A10G"),
  g5g: arm("Graviton2"),
  g6: x86("Zen 3", "L4"),
  g6e: x86("Zen 3", "L40S"),
  g6f: x86("Zen 3"),
  g7: x86("Granite Rapids", "RTX-PRO-4500"),
  g7e: x86("Emerald Rapids", "RTX-PRO-6000"),
  gr6: x86("Zen 3", "L4"),
  gr6f: x86("Zen 3"),
  i3en: x86("Skylake-SP"),
  i4g: arm("Graviton2"),
  i4i: x86("Ice Lake"),
  i7i: x86("Emerald Rapids"),
  i7ie: x86("Emerald Rapids"),
  m6a: x86("Zen 3"),
  m6i: x86("Ice Lake"),
  m6id: x86("Ice Lake"),
  m7a: x86("Zen 4"),
  m7g: arm("Graviton3"),
  m7i: x86("Sapphire Rapids"),
  "m7i-flex": x86("Sapphire Rapids"),
  p3dn: x86("Skylake-SP"),
  p4d: x86("Cascade Lake", "A100-40"),
  p4de: x86("Cascade Lake", "A100-80"),
  p5: x86("Zen 3", "H100"),
  p5e: x86("Zen 3", "H200"),
  p5en: x86("Sapphire Rapids", "H200"),
  "p6-b200": x86("Emerald Rapids", "B200"),
  "p6-b300": x86("Emerald Rapids", "B300"),
  r6a: x86("Zen 3"),
  r6i: x86("Ice Lake"),
  r6id: x86("Ice Lake"),
  r7a: x86("Zen 4"),
  r7g: arm("Graviton3"),
  r7i: x86("Sapphire Rapids"),
  r8g: arm("Graviton4"),
};
