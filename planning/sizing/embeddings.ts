import { type EmbeddingModel, findEmbeddingModel } from "../../catalog/models/embeddings.ts";
import type { PurchaseOption } from "../../spec/capacity.ts";
import type { AwsPlatformSpec } from "../../spec/platform.ts";
import type { EmbeddingJobSpec } from "../../spec/sections.ts";
import type { Explanation } from "../explain.ts";
import type { Workload } from "../placement/problem.ts";

/** A batch embedding job and what it runs on. */
export interface EmbeddingPlan {
  readonly name: string;
  readonly model: string;
  readonly replicas: number;
  /** CPUs of a replica, requested and limited, whole ones; `torch.set_num_threads` and OMP_NUM_THREADS get the same. */
  readonly threads: number;
  readonly memoryMiB: number;
  /** Documents that a replica encodes at once. */
  readonly batchSize: number;
  /** Tokens a second that one replica is counted on for. */
  readonly tokensPerSecond: number;
  readonly workload: Workload;
  readonly explanations: readonly Explanation[];
  readonly warnings: readonly string[];
}

/**
 * Billions of operations a second that encoding keeps up on one vCPU, a hyperthread whose neighbour is as busy.
 *
 * 32 bits: sentence-transformers' own figures (docs/pretrained-models/msmarco-v5.md) on 8 cores of a Xeon Platinum 8168
 * are 180 passages a second with 6 layers of 384, and 30 with 12 layers of 768. At 76 tokens (60 words) a passage these
 * are 18 and 24 on each of 16 vCPUs. 8 bits: twice that with VNNI; ONNX Runtime was measured at 1.8 to 2.7 times
 * (docs/sizing.md).
 */
const gigaflops = { fp32: 20, int8: 40 };

/** Part of the time that is encoding: the rest is reading, writing, and waiting for either. */
const busyShare = 0.8;

/** Tokens of one batch, the default of Hugging Face's text-embeddings-inference 1.9 (`--max-batch-tokens`). */
const batchTokens = 16_384;

/** Numbers alive for each token and unit of width: 8 of the feed-forward layer before and after, q, k, v, residuals. */
const liveNumbers = 16;

/** MiB of a Python process with torch, tokenizers and sentence-transformers before it has loaded a model. */
const processMiB = 768;

/**
 * Operations for one token: two for each parameter of the layers, and attention's two products with every other token of
 * the document, 4 x layers x width x tokens. Tables are looked up and cost nothing.
 */
export function operationsPerToken(
  { dimensions, layerParameters, layers }: EmbeddingModel,
  tokens: number,
): number {
  return 2 * layerParameters + 4 * layers * dimensions * tokens;
}

/**
 * Sizes a batch embedding job: so many replicas that they encode its documents in an hour while they are busy four
 * fifths of it. Replicas share nothing, so they may stand anywhere, and on spot: what is lost is a batch.
 *
 * Memory: the parameters at 4 bytes, a batch of 16,384 tokens at 16 x width numbers of 4 bytes, and the process. A batch
 * has so many documents that it stays within these tokens when all of them are twice as long as the average.
 */
export function sizeEmbeddings(
  name: string,
  { cpus, documentsPerHour, tokensPerDocument }: EmbeddingJobSpec,
  model: EmbeddingModel,
  purchase: readonly PurchaseOption[],
): EmbeddingPlan {
  const tokens = Math.min(tokensPerDocument, model.maxTokens);
  const perHour = documentsPerHour * tokens;
  const rate = (billions: number) => (billions * 1e9 * cpus) / operationsPerToken(model, tokens);
  const replicasAt = (tokensPerSecond: number) => Math.ceil(perHour / (3600 * busyShare * tokensPerSecond));
  const tokensPerSecond = rate(gigaflops.fp32);
  const replicas = replicasAt(tokensPerSecond);
  const bytes = 4 * model.parameters + 4 * batchTokens * liveNumbers * model.dimensions;
  const memoryMiB = processMiB + Math.ceil(bytes / 2 ** 20);
  const count = (value: number) => Math.round(value).toLocaleString("en-US");
  return {
    name,
    model: model.id,
    replicas,
    threads: cpus,
    memoryMiB,
    batchSize: Math.max(1, Math.floor(batchTokens / Math.min(2 * tokens, model.maxTokens))),
    tokensPerSecond,
    workload: {
      name: `embed-${name}`,
      role: "embeddings",
      replicas,
      spread: "none",
      purchase,
      options: [
        {
          id: "fp32",
          demand: { gpu: undefined, gpus: 0, milliCpus: 1000 * cpus, memoryMiB, diskGiB: 4 },
          needs: [],
          penalty: 0,
        },
      ],
    },
    explanations: [
      {
        subject: `embeddings/${name}`,
        why: [
          `${count(documentsPerHour)} documents an hour of ${count(tokens)} tokens are ${count(perHour / 3600)} tokens a second;`,
          `${model.id} encodes ${count(tokensPerSecond)} on ${cpus} CPUs in 32 bits, so ${replicas} x ${cpus} CPUs.`,
          `Runner-up: int8 on CPUs with VNNI, ${replicasAt(rate(gigaflops.int8))} x ${cpus}, for some accuracy.`,
        ].join(" "),
      },
    ],
    warnings:
      tokensPerDocument > model.maxTokens
        ? [
            `nlp.embeddings.${name}: documents of ${count(tokensPerDocument)} tokens are cut to ${count(model.maxTokens)} by ${model.id}: split them first`,
          ]
        : [],
  };
}

/**
 * All jobs of an environment, in the order of their names.
 * @throws RangeError for a model that the catalog doesn't have; specs are checked before they get here
 */
export function planEmbeddings(
  { nlp }: Pick<AwsPlatformSpec, "nlp">,
  purchase: readonly PurchaseOption[],
): EmbeddingPlan[] {
  return Object.entries(nlp.embeddings)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, job]) => {
      const model = findEmbeddingModel(job.model);
      if (model === undefined) throw new RangeError(`the catalog has no embedding model ${job.model}`);
      return sizeEmbeddings(name, job, model, purchase);
    });
}
