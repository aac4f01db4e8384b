import { gpu as gpuOf } from "../../../catalog/gpus.ts";
import type { LaunchFile } from "../launch.ts";
import { shareOf } from "../sharing.ts";
import type { EngineInput } from "./parts.ts";

/** GPUs of one pod, and the share of their memory that its server may take. */
export function hardwareOf({ group, model, sharing }: EngineInput): {
  readonly hardware: LaunchFile["hardware"];
  readonly utilization: number;
} {
  const { deployment, gpu } = model;
  if (gpu === undefined)
    throw new TypeError(`${model.name} is planned without a GPU, which ${model.engine} needs`);
  const kind = gpuOf(gpu.name);
  const whole = { memoryMiB: kind.memoryMiB, utilization: deployment.gpuMemoryUtilization };
  const share = sharing ? shareOf(kind, sharing, deployment.gpuMemoryUtilization) : whole;
  return {
    hardware: {
      gpus: gpu.count / (group?.size ?? 1),
      gpuMemoryMiB: share.memoryMiB,
      computeCapability: kind.computeCapability.toFixed(1),
    },
    utilization: share.utilization,
  };
}
