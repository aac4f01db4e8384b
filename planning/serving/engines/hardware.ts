import { gpu as gpuOf } from "../../../catalog/gpus.ts";
import { seenCard } from "../../sharing.ts";
import type { LaunchFile } from "../launch.ts";
import type { EngineInput } from "./parts.ts";

/** GPUs of one pod, or its share of one, as the entrypoint must find them. */
export function hardwareOf({ group, model }: Pick<EngineInput, "group" | "model">): LaunchFile["hardware"] {
  const { gpu } = model;
  const card = gpu && seenCard(gpuOf(gpu.name), gpu.sharing);
  if (gpu === undefined || card === undefined)
    throw new TypeError(`${model.name} is planned without a GPU, which ${model.engine} needs`);
  return {
    gpus: gpu.count / (group?.size ?? 1),
    gpuMemoryMiB: card.memoryMiB,
    computeCapability: card.computeCapability.toFixed(1),
  };
}
