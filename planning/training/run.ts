import { createHash } from "node:crypto";
import { gpuTaint } from "../nodeGroups.ts";
import type { SchedulingPlan } from "../serving/scheduling.ts";
import type { ServingResources } from "../serving/servingPlan.ts";
import { wholeGpu } from "../sharing.ts";
import { graceSeconds, type TrainingPlan } from "./training.ts";

/** Python files of a package, by name. */
export type TrainingCode = ReadonlyMap<string, string>;

/** One run of a training. The same plan and code are the same run, however often its Job is made. */
export interface TrainingRun {
  /** Digest of all that makes its result what it is. */
  readonly key: string;
  /** Name of its Job. */
  readonly jobName: string;
  /** What the harness reads, as JSON. */
  readonly config: string;
}

/** Where the harness finds its configuration, and packages of jobs. */
export const configPath = "/etc/training/config.json";
export const codeFolder = "/code";

/**
 * What makes a run a run: what is called, with what and from which random numbers, and the precision, which changes results
 * as well. Not the kind of GPU, how it is bought, or limits: with another of these it goes on. Not the platform's own image
 * either: else every fix in the harness would train everything again. The run says which image each attempt had.
 */
export function trainingRun(plan: TrainingPlan, code: TrainingCode): TrainingRun {
  const { checkpoints, data, entrypoint, hyperparameters, image, name, precision, seed } = plan;
  const source = codeDigest(code);
  const own = image.kind === "pulled" ? image.ref : "harness";
  const key = digest([name, entrypoint ?? "", own, source, sorted(hyperparameters), seed, precision, data]);
  const config = {
    key,
    job: name,
    entrypoint: entrypoint ?? "image:entrypoint",
    code: source,
    experiment: plan.experiment,
    runName: plan.runName,
    hyperparameters,
    seed,
    precision,
    device: "cuda",
    checkpoints: {
      bucket: checkpoints.bucket,
      prefix: `${checkpoints.prefix}/${key}`,
      everySeconds: checkpoints.everySeconds,
    },
  };
  return {
    key,
    jobName: `${plan.app}-${key.slice(0, 8)}`,
    config: `${JSON.stringify(config, undefined, 2)}\n`,
  };
}

/**
 * Exit codes of the harness that the Job acts on; others count as failures.
 * Source: services/training/harness/exits.py.
 */
export const exitCodes = { interrupted: [75], hopeless: [77, 78] } as const;

/** The part of a Job's pods that the scheduler and the kernel read. */
export interface TrainingPod {
  readonly resources: ServingResources;
  readonly sharedMemoryMiB: number;
  /** For data, checkpoints on their way and caches. */
  readonly scratchMiB: number;
  readonly graceSeconds: number;
  readonly scheduling: Pick<SchedulingPlan, "nodeSelector" | "preferredTypes" | "spread" | "tolerations">;
}

/** Requests are what placement counted with; what is written to `/dev/shm` comes on top of the limit. */
export function trainingPod({ gpu, instanceType, pod }: TrainingPlan): TrainingPod {
  const device = { [wholeGpu]: "1" };
  return {
    resources: {
      requests: {
        cpu: `${1000 * pod.cpus}m`,
        memory: `${1024 * pod.memoryGiB}Mi`,
        "ephemeral-storage": `${pod.diskGiB}Gi`,
        ...device,
      },
      limits: { memory: `${1024 * pod.memoryGiB + sharedMemoryMiB}Mi`, ...device },
    },
    sharedMemoryMiB,
    scratchMiB: 1024 * pod.diskGiB,
    graceSeconds,
    scheduling: {
      nodeSelector: { "ai-platform/role": "gpu", "ai-platform/gpu": gpu },
      preferredTypes: [instanceType],
      tolerations: [{ key: gpuTaint, operator: "Exists", effect: "NoSchedule" }],
      spread: "none",
    },
  };
}

/**
 * torch's DataLoader hands batches from its workers through `/dev/shm`, of which containers have 64 MiB otherwise.
 * Source: PyTorch README, "Docker Image", which asks for `--ipc=host` or `--shm-size`. The size is an assumption.
 */
const sharedMemoryMiB = 2048;

function codeDigest(code: TrainingCode): string {
  return code.size === 0 ? "in the image" : `sha256:${digest([...code].sort(), 64)}`;
}

function sorted(values: Readonly<Record<string, unknown>>): unknown {
  return Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
}

function digest(value: unknown, length = 16): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, length);
}
