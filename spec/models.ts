import { z } from "zod";
import { gpuNames, migProfiles } from "../catalog/gpus.ts";
import { modelTasks } from "../catalog/models/architecture.ts";
import { kvCacheTypes, quantizationNames } from "../catalog/quantizations.ts";
import { purchaseOptions } from "./capacity.ts";
import { dnsLabel, dnsName, replicas } from "./fields.ts";

/** Programs that serve models. `tgi` is archived upstream: it is there for those who have it, never chosen by rule. */
export const engines = ["vllm", "tgi", "ollama"] as const;
export type Engine = (typeof engines)[number];

/** What a model needs to be served: one `m2m/<model>/model-config.yaml`, or an entry of a platform's `models`. */
export const modelSchema = z.strictObject({
  /** Hugging Face id, `organisation/name`. One that is not in the catalog needs `architecture`. */
  model: z
    .string()
    .regex(/^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}$/, "a Hugging Face id such as Qwen/Qwen3-8B"),
  /** Commit of the model's repository. Default: the newest at deployment; pin it where results must repeat. */
  revision: z
    .string()
    .regex(/^[0-9a-f]{40}$/, "a commit of 40 hexadecimal digits")
    .optional(),
  /**
   * The model's Hugging Face `config.json`, for one that the catalog doesn't know. Default: the `config.json` beside
   * the `model-config.yaml`.
   */
  architecture: z.record(z.string(), z.unknown()).optional(),
  /**
   * What is asked of it: text, or vectors of texts. Default: what the catalog says that it was trained for, and `generate`
   * for a model that it doesn't know. `embed` is for `vllm` and `ollama`.
   */
  task: z.enum(modelTasks).optional(),
  /**
   * Program that serves it. Default: `ollama` where there is no GPU and for GGUF formats, else `vllm`. `tgi` is archived
   * upstream and takes A100 and H100 only.
   */
  engine: z.enum(engines).optional(),
  /**
   * Format of the weights, or several of which the cheapest to run is taken. Default: as published on GPUs, `q4_K_M`
   * on CPUs. Never chosen below what is written here, because it costs quality.
   */
  quantization: z.union([z.enum(quantizationNames), z.array(z.enum(quantizationNames)).min(1)]).optional(),
  /** Format of the KV cache. Default `auto`: that of the activations. */
  kvCacheType: z.enum(kvCacheTypes).default("auto"),
  /**
   * Longest request in tokens, prompt and answer together; at most what the model was made for. Default: 8,192, or the
   * model's own maximum if less. A server starts only if one such request fits its KV cache.
   */
  context: z.int().min(128).max(10_000_000).optional(),
  /** Requests that each replica must hold in its KV cache at the same time. Default 8. */
  concurrency: z.int().min(1).max(4096).default(8),
  /** Tokens that such a request holds on average, at most `context`. Default: a quarter of it. */
  tokensPerRequest: z.int().min(1).max(10_000_000).optional(),
  /** Servers of this model. Default: 2 in prod, so that one may go, else 1. */
  replicas: replicas.optional(),
  /**
   * Kinds of GPU that may carry it. Default: for `vllm` every kind that the environment may use, for `tgi` those of them
   * that it is for, for `ollama` none: without this it runs on the CPU.
   */
  gpus: z.array(z.enum(gpuNames)).min(1).optional(),
  /**
   * GPUs over which each layer is split: a divisor of the attention heads that also divides, or is a multiple of, the
   * key-value heads. Default: the fewest on which it fits.
   */
  tensorParallel: z.int().min(1).max(64).optional(),
  /**
   * Groups of GPUs over which the layers are distributed; `vllm` only. With `tensorParallel` they may take several nodes, each
   * with whole groups and all in one zone: those of a reservation or a capacity block. Default 1.
   */
  pipelineParallel: z.int().min(1).max(16).optional(),
  /** Share of a GPU's memory that the engine may take. Default: 0.85 on cards up to 48 GB, else 0.92, vLLM's own. */
  gpuMemoryUtilization: z.number().min(0.1).max(0.98).optional(),
  /**
   * Share of one GPU, for a model that a whole card is too much for: `mig` or `timeSlicing`. Default: none, whole cards. Such
   * models get nodes whose cards are all shared in this way, and which nothing else uses: they save money where replicas, or
   * several models with the same sharing, fill them. With `vllm` on one GPU only.
   */
  gpuSharing: z
    .strictObject({
      /**
       * MIG profile of each slice, such as `3g.20gb`: the driver cuts every card into as many as there can be, and each has
       * its own memory and compute units. One pod can't slow, read or break another. On A100, H100, H200, B200, B300 and RTX PRO.
       */
      mig: z.enum(migProfiles).optional(),
      /**
       * Pods that take turns on each card, on any kind. A pod alone is as fast as on a whole card, all together are no faster
       * than one. Each is given its part of the memory, but nothing enforces it, and a fault of one may end all.
       */
      timeSlicing: z.int().min(2).max(16).optional(),
    })
    .optional(),
  /**
   * Where replicas may not meet: in one zone, on one node, or they may. Says nothing of replicas that are on several nodes each:
   * those are all in one zone. Default: `zone` in prod, else `none`.
   */
  spread: z.enum(["none", "node", "zone"]).optional(),
  /**
   * Replicas by load: between these numbers, one more when requests wait. `replicas` are those that nodes are planned for
   * and that it starts with. Default: none. Ollama has no metric to scale by.
   */
  autoscaling: z
    .strictObject({
      /** Least replicas. 0 needs Kubernetes 1.37 and costs whoever comes first a cold start; before that, one stays. */
      least: z.int().min(0).max(1000),
      /** Most replicas. */
      most: z.int().min(1).max(1000),
    })
    .optional(),
  /**
   * With `vllm`: its own server, or NVIDIA's Triton around it, for clients of Triton's protocol. Default `native`. Triton's
   * vLLM is older, asks for no key and has fewer metrics.
   */
  server: z.enum(["native", "triton"]).optional(),
  /**
   * With `ollama`: SHA-256 of the tag's manifest in Ollama's library, 64 hexadecimal digits. Tags move: without it, what the
   * tag points to on the day of the pull is served.
   */
  digest: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "64 hexadecimal digits")
    .optional(),
  /**
   * Where its weights are when a server starts. `fetched`: on disk, from the models bucket, or with `ollama` from a volume
   * that a Job filled. `baked`: in an image of its own, tagged with model, version and format, which `up` builds and pushes
   * to ECR: a new node needs nothing but that image, every start has the same bytes, and the way back is a tag. It costs
   * $0.10 per GB and month for each version, twice the weights on every node's disk, and building where `pulumi` runs.
   * With `vllm` it needs `revision`; `tgi`, Triton and `local` have none. Default `fetched`. Changing it rolls the pods;
   * with `ollama` it replaces the StatefulSet by a Deployment, and the volumes go.
   */
  weights: z.enum(["fetched", "baked"]).optional(),
  /**
   * Models of the same platform that answer in its place while it can't, in this order; the answer says which one did.
   * Default: none, since whoever asks for one model may not want another's answer.
   */
  fallbacks: z.array(dnsName).max(7).optional(),
  /**
   * Namespaces of the cluster whose pods may call its server themselves, past the adapter with its keys and limits: the only
   * way to Triton, whose protocol the adapter doesn't speak. Default: none.
   */
  clients: z.array(dnsLabel).min(1).max(20).optional(),
  /** Ways to buy its capacity, best first. Default: the environment's. */
  purchase: z.array(z.enum(purchaseOptions)).min(1).optional(),
});

/**
 * A platform's models by name. A name that has an `m2m/<name>/model-config.yaml` starts from it and says only what
 * differs here, so `model` may be left out.
 */
export const modelsSchema = z.record(dnsName, modelSchema).default({});

export type ModelSpec = z.output<typeof modelSchema>;
export type ModelInput = z.input<typeof modelSchema>;
