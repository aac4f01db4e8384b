import type { Gpu } from "../catalog/gpus.ts";
import type { ModelSpec } from "../spec/models.ts";

/** How several pods share one card. All cards of a node are shared the same way. */
export type GpuSharing =
  /** A slice with memory and units of its own, cut by the driver: A100, H100, H200, B200, RTX PRO. */
  | { readonly kind: "mig"; readonly profile: string }
  /** Pods take turns and nothing keeps their memory apart: each must be content with its share of it. */
  | { readonly kind: "time-slicing"; readonly replicas: number };

/** How a model shares its card; undefined: it has whole ones. */
export function sharingOf({ gpuSharing }: Pick<ModelSpec, "gpuSharing">): GpuSharing | undefined {
  if (gpuSharing?.mig !== undefined) return { kind: "mig", profile: gpuSharing.mig };
  if (gpuSharing?.timeSlicing !== undefined)
    return { kind: "time-slicing", replicas: gpuSharing.timeSlicing };
  return undefined;
}

/** `mig-3g.20gb`, `time-slicing-2`: the value of the nodes' label, and part of the names of what is for them. */
export function sharingName(sharing: GpuSharing): string {
  return sharing.kind === "mig" ? `mig-${sharing.profile}` : `time-slicing-${sharing.replicas}`;
}

/** The same for names that may have no dots. */
export const sharingSlug = (sharing: GpuSharing): string => sharingName(sharing).replaceAll(".", "-");

/** Label of nodes whose cards are shared, by `sharingName`. Nodes with whole cards have none. */
export const sharingLabel = "ai-platform/gpu-sharing";

/** Cards as placement tells them apart: whole ones by their name, shared ones as a kind of their own. */
export function cardKind(card: string, sharing: GpuSharing | undefined): string {
  return sharing === undefined ? card : `${card}:${sharingName(sharing)}`;
}

/** Kubernetes' name of whole GPUs. */
export const wholeGpu = "nvidia.com/gpu";

/**
 * Kubernetes' name of a share. Slices have their profile's name (`migStrategy: mixed`), turns `.shared`, so that no pod
 * that wants a whole card gets a turn.
 * Source: NVIDIA k8s-device-plugin v0.20.0, README, "Shared Access to GPUs" and "migStrategy".
 */
export function resourceOf(sharing: GpuSharing | undefined): string {
  if (sharing === undefined) return wholeGpu;
  return sharing.kind === "mig" ? `nvidia.com/mig-${sharing.profile}` : "nvidia.com/gpu.shared";
}

/** Pods that share one card; 0 where it can't be shared so. */
export function sharesPerCard(gpu: Gpu, sharing: GpuSharing): number {
  return sharing.kind === "mig" ? (gpu.mig[sharing.profile]?.perCard ?? 0) : sharing.replicas;
}

/** MiB of a card that CUDA keeps for each process on it, which nobody's share may contain. As in `memory/vllm.ts`. */
const contextMiB = 614;

/**
 * The card as a server on it sees it: a slice with its own memory, else all of it, also by turns.
 * @returns undefined where the card hasn't the profile
 */
export function seenCard(gpu: Gpu, sharing: GpuSharing | undefined): Gpu | undefined {
  if (sharing?.kind !== "mig") return gpu;
  const slice = gpu.mig[sharing.profile];
  return slice && { ...gpu, memoryMiB: slice.memoryMiB };
}

/**
 * The share of the memory that it sees which one server may take. Two pods that take turns with 0.9 each would end with
 * the second finding no memory, so it is split between them, less what CUDA keeps for each.
 * @param utilization of all servers together that see this memory
 * @returns undefined where so many take turns that nothing is left for one
 */
export function utilizationOfEach(
  { memoryMiB }: Gpu,
  sharing: GpuSharing | undefined,
  utilization: number,
): number | undefined {
  if (sharing?.kind !== "time-slicing") return utilization;
  const each = Math.floor(100 * (utilization / sharing.replicas - contextMiB / memoryMiB)) / 100;
  return each < 0.05 ? undefined : each;
}

/** `it has 1g.5gb, 3g.20gb`, or that there are none. */
export function profilesOf({ mig }: Gpu): string {
  const known = Object.keys(mig);
  return known.length > 0 ? `it has ${known.join(", ")}` : "it can't be partitioned";
}

/** For people: `1/2 L4`, `3g.20gb of A100-40`. */
export function shareText(card: string, sharing: GpuSharing): string {
  return sharing.kind === "mig" ? `${sharing.profile} of ${card}` : `1/${sharing.replicas} ${card}`;
}
