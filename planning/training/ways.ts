import { type GpuName, gpuNames, hasBfloat16 } from "../../catalog/gpus.ts";
import type { PurchaseOption } from "../../spec/capacity.ts";
import type { TrainingJobSpec, TrainingPrecision } from "../../spec/training.ts";
import type { Option, Workload } from "../placement/problem.ts";
import type { GpuSupply } from "../sizing/models.ts";
import { type TrainingMemory, trainingMemory } from "./memory.ts";

/** One GPU that a training fits on. */
export interface TrainingWay {
  readonly option: Option;
  readonly gpu: GpuName;
  readonly precision: TrainingPrecision;
  readonly memory: TrainingMemory;
}

export interface TrainingWays {
  /** By option. */
  readonly ways: ReadonlyMap<string, TrainingWay>;
  /** GPUs that can't, with the reason. */
  readonly refusals: readonly string[];
  /** Undefined where none can. */
  readonly workload: Workload | undefined;
}

/** What a training is called among workloads, and its pods in the cluster. */
export const workloadName = (job: string) => `train-${job}`;

/**
 * The GPUs that a training fits on, one each, as options of one workload: placement picks. All but the T4 unless the
 * description says otherwise, which is a rule of the offers.
 */
export function trainingWays(
  name: string,
  job: TrainingJobSpec,
  supply: GpuSupply,
  purchase: readonly PurchaseOption[],
): TrainingWays {
  const looked = gpuNames
    .filter((gpu) => supply.has(gpu) && (job.gpus === undefined || job.gpus.includes(gpu)))
    .map((gpu) => wayOn(gpu, job));
  const ways = looked.flatMap((way) => ("option" in way ? [way] : []));
  const [first, ...others] = ways.map(({ option }) => option);
  return {
    ways: new Map(ways.map((way) => [way.option.id, way])),
    refusals: looked.flatMap((way) => ("option" in way ? [] : [way.reason])),
    workload: first && {
      name: workloadName(name),
      role: "gpu",
      replicas: 1,
      spread: "none",
      purchase,
      options: [first, ...others],
    },
  };
}

function wayOn(gpu: GpuName, job: TrainingJobSpec): TrainingWay | { readonly reason: string } {
  const precision = job.precision ?? (hasBfloat16(gpu) ? "bf16" : "fp16");
  if (precision === "bf16" && !hasBfloat16(gpu)) return { reason: `the ${gpu} has no bf16` };
  const memory = trainingMemory(job.model, precision, gpu);
  if (memory.problem !== undefined) return { reason: memory.problem };
  const { cpus, diskGiB, memoryGiB } = job;
  return {
    gpu,
    precision,
    memory,
    option: {
      id: `1x${gpu}/${precision}`,
      demand: { gpu, gpus: 1, milliCpus: 1000 * cpus, memoryMiB: 1024 * memoryGiB, diskGiB },
      needs: [],
      penalty: 0,
    },
  };
}

/**
 * Ways to buy its node, best first. By default spot wherever the environment may: what is lost is what was done since
 * the last checkpoint.
 * @param environment those of the environment, best first
 */
export function trainingPurchase(
  { purchase }: Pick<TrainingJobSpec, "purchase">,
  environment: readonly PurchaseOption[],
): PurchaseOption[] {
  if (purchase === "on-demand") return ["on-demand"];
  const market: readonly PurchaseOption[] = ["spot", "on-demand"];
  if (purchase === "spot") return [...market];
  return environment.includes("spot") ? market.filter((way) => environment.includes(way)) : [...environment];
}
