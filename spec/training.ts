import { z } from "zod";
import { gpuNames } from "../catalog/gpus.ts";
import { dnsName } from "./fields.ts";

/** Number formats that a training multiplies in. Weights and optimizer stay in 32 bits. */
export const trainingPrecisions = ["bf16", "fp16", "fp32"] as const;
export type TrainingPrecision = (typeof trainingPrecisions)[number];

const count = z.int().min(1).max(1_000_000);

/** What decides how much a batch of a transformer keeps for the way back. */
const transformerSchema = z.strictObject({
  /** Blocks. */
  layers: count,
  /** Width of the residual stream. */
  width: count,
  /** Attention heads. */
  heads: count,
  /**
   * How attention is computed: `fused` by torch's `scaled_dot_product_attention`, which keeps no matrix of all pairs of
   * tokens; `plain` keeps it. Default: fused, as in Hugging Face's models.
   */
  attention: z.enum(["fused", "plain"]).default("fused"),
  /** Tokens that it tells apart. */
  vocabulary: count,
  /** Tokens of one sequence. */
  sequence: count,
  /** Sequences that are on the GPU at once; those of gradient accumulation come one after the other and count once. */
  batch: count,
});

const modelSchema = z.strictObject({
  /** Numbers that are trained, fewer than a thousand million: this is for small models on one GPU. */
  parameters: z.int().min(1).max(999_999_999),
  /** Its shape, from which activations are counted. Either this or `activationsMiB`. */
  transformer: transformerSchema.optional(),
  /** MiB that activations of one batch take, measured, for a model that is no transformer. */
  activationsMiB: z.int().min(1).max(1_000_000).optional(),
});

const trainingJobSchema = z.strictObject({
  /**
   * What to call: `module:function`, of a package `training/<module>/` of this repository, by the platform's own harness.
   * Either this or `image`. Changing it, or the package's source, makes a new run.
   */
  entrypoint: z
    .string()
    .regex(
      /^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*:[A-Za-z_][A-Za-z0-9_]*$/,
      "a function of a module such as digits:train",
    )
    .optional(),
  /**
   * An image of yours instead, whose entrypoint reads `TRAINING_CONFIG` and keeps to the exit codes of docs/training.md. By
   * digest, or with a tag other than `latest`. Changing it makes a new run.
   */
  image: z
    .string()
    .regex(
      /^(?!.*:latest$)[a-z0-9][a-z0-9._/:-]*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}|@sha256:[0-9a-f]{64})$/,
      "an image with a digest, or with a tag other than latest",
    )
    .optional(),
  /** What is trained, by which its memory is counted. */
  model: modelSchema,
  /** Handed to the function and logged, by name: the parameter snapshot. Changing one makes a new run. Default: none. */
  hyperparameters: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,99}$/, "1 to 100 letters, digits, '_', '.' or '-'"),
      z.union([z.boolean(), z.number(), z.string().max(6000)]),
    )
    .default({}),
  /** Seed of all random numbers, logged as well. Default 0. NumPy takes none above 2^32 - 1. */
  seed: z.int().min(0).max(4_294_967_295).default(0),
  /**
   * Number format of products. Default: bf16 where the GPU has it, from compute capability 8.0 on, else fp16 with scaled
   * gradients.
   */
  precision: z.enum(trainingPrecisions).optional(),
  /** Kinds of GPU that it may run on. Default: all that the environment may use; the cheapest that it fits on is taken. */
  gpus: z.array(z.enum(gpuNames)).min(1).optional(),
  /**
   * How its node is bought: an interruption costs what was done since the last checkpoint, and spot some 60 % less.
   * Default: spot where `capacity.purchase` has it, as dev's does; else as everything in the environment.
   */
  purchase: z.enum(["spot", "on-demand"]).optional(),
  /** Seconds between checkpoints: what an interruption without notice loses at most, and a step. Default 300. */
  checkpointEverySeconds: z.int().min(10).max(86_400).default(300),
  /**
   * Hours from its creation after which it is stopped, and failed. Waiting for a node and interruptions count, as
   * Kubernetes counts them; so it is also the most that it may cost. Default 24.
   */
  deadlineHours: z.number().min(0.1).max(336).default(24),
  /** Failures after which it is given up; interruptions of the node don't count. Default 2. */
  retries: z.int().min(0).max(10).default(2),
  /** MLflow's experiment. Default: the job's name. */
  experiment: z.string().min(1).max(250).optional(),
  /** Name of the run in it. Default: the job's name. */
  runName: z.string().min(1).max(250).optional(),
  /** Folder of DVC's bucket that it may read, such as `corpora/wiki`. Default: none. */
  data: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,250}[A-Za-z0-9]$/, "a folder without slashes at its ends")
    .optional(),
  /** CPUs for reading data. Default 3, what a node with one GPU and four vCPUs has left. */
  cpus: z.int().min(1).max(96).default(3),
  /** GiB of the node's memory. Default 10, of the 16 that nodes with one GPU have at least. */
  memoryGiB: z.int().min(2).max(1024).default(10),
  /** GiB of the node's disk for data and checkpoints on their way. Default 40. */
  diskGiB: z.int().min(5).max(2000).default(40),
});

export const trainingSchema = z.strictObject({
  /** Trainings by name. Each runs once: what changes its result makes a new run. Default: none. */
  jobs: z.record(dnsName, trainingJobSchema).default({}),
});

export type TrainingSpec = z.output<typeof trainingSchema>;
export type TrainingJobSpec = z.output<typeof trainingJobSchema>;
export type TrainedModelSpec = z.output<typeof modelSchema>;
export type TransformerSpec = z.output<typeof transformerSchema>;
