import type { Gpu } from "../../catalog/gpus.ts";

/** How several pods share one card. */
export type GpuSharing =
  /** A slice with memory and units of its own, cut by the driver: A100, H100, H200, B200, RTX PRO. */
  | { readonly kind: "mig"; readonly profile: string }
  /** Pods take turns and nothing keeps their memory apart: each must be content with its share of it. */
  | { readonly kind: "time-slicing"; readonly replicas: number };

/**
 * Kubernetes' name of a share. Slices have their profile's name (`migStrategy: mixed`), turns `.shared`, so that no pod
 * that wants a whole card gets a turn.
 * Source: NVIDIA k8s-device-plugin v0.20.0, README, "Shared Access to GPUs" and "migStrategy".
 */
export function resourceOf(sharing: GpuSharing): string {
  return sharing.kind === "mig" ? `nvidia.com/mig-${sharing.profile}` : "nvidia.com/gpu.shared";
}

/** The plug-in's configuration for nodes whose cards are shared. */
export function devicePluginConfig(sharing: GpuSharing) {
  if (sharing.kind === "mig") return { version: "v1", flags: { migStrategy: "mixed" } };
  return {
    version: "v1",
    flags: { migStrategy: "none" },
    sharing: {
      timeSlicing: {
        renameByDefault: true,
        failRequestsGreaterThanOne: true,
        resources: [{ name: "nvidia.com/gpu", replicas: sharing.replicas }],
      },
    },
  };
}

/** MiB of a card that CUDA keeps for each process on it, which nobody's share may contain. As in `memory/vllm.ts`. */
const contextMiB = 614;

/**
 * The card's memory of which one pod may take its utilization, and what of it that is as a share of the whole card, which
 * is how vLLM counts: two pods that take turns with 0.9 each would end with the second finding no memory.
 * @throws RangeError for a profile that the card hasn't, or turns so many that nothing is left for one
 */
export function shareOf(gpu: Gpu, sharing: GpuSharing, utilization: number) {
  if (sharing.kind === "mig") {
    const gigabytes = gpu.mig[sharing.profile];
    if (gigabytes === undefined) {
      const known = Object.keys(gpu.mig);
      throw new RangeError(
        `${gpu.name} has no MIG profile ${sharing.profile}: ${known.length > 0 ? `it has ${known.join(", ")}` : "it can't be partitioned"}`,
      );
    }
    return { memoryMiB: gigabytes * 1024, utilization };
  }
  const each = utilization / sharing.replicas - contextMiB / gpu.memoryMiB;
  if (each < 0.05) throw new RangeError(`${sharing.replicas} pods leave none of them memory on ${gpu.name}`);
  return { memoryMiB: gpu.memoryMiB, utilization: Math.floor(each * 100) / 100 };
}
