import type { GpuName } from "../gpus.ts";

/** Subsets of AVX-512 that programs of this platform ask for: the foundation, and three extensions. */
export type Avx512 = "f" | "vnni" | "vpopcntdq" | "bf16";

/** One EC2 instance type. */
export interface InstanceType {
  /** `g6.xlarge`. */
  readonly name: string;
  /** `g6`. */
  readonly family: string;
  readonly architecture: "x86_64" | "arm64";
  readonly vcpus: number;
  /** Nominal; Kubernetes can give out less. */
  readonly memoryMiB: number;
  /** Whole GPUs of a kind that a plan may use; undefined for none, or for one that it may not (V100, T4G, a slice). */
  readonly gpu: { readonly name: GpuName; readonly count: number } | undefined;
  /** Instance store in GB; 0 for none. */
  readonly nvmeGB: number;
  /** Subsets of AVX-512; empty for a CPU without. */
  readonly avx512: readonly Avx512[];
  /** Most EFA interfaces. */
  readonly efaInterfaces: number;
  /** Sustained, not burst; of all network cards together. */
  readonly networkGbps: number;
  /** Most network interfaces on the default card, the only one that pods get addresses from. */
  readonly networkInterfaces: number;
  /** Most IPv4 addresses of one interface, its own included. */
  readonly ipv4PerInterface: number;
}

/** What an hour costs, and how sure that is. */
export interface HourlyPrice {
  readonly usdPerHour: number;
  /** `listed`: read for this region and type. `estimated`: worked out from others, see `onDemandPrice`, `spotPrice`. */
  readonly basis: "listed" | "estimated";
}
