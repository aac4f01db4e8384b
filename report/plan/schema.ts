import { z } from "zod";
import { gpuNames } from "../../catalog/gpus.ts";
import { kvCacheTypes, quantizationNames } from "../../catalog/quantizations.ts";
import { roles } from "../../planning/placement/problem.ts";
import { servers } from "../../planning/serving/servingPlan.ts";
import { purchaseOptions } from "../../spec/capacity.ts";
import { engines } from "../../spec/models.ts";
import { environments } from "../../spec/platform.ts";
import { trainingPrecisions } from "../../spec/training.ts";

const usdPerHour = z.number().min(0).meta({ description: "US dollars an hour" });
const mebibytes = z.number().meta({ description: "MiB" });

const memory = z
  .strictObject({
    capacity: mebibytes.meta({ description: "All that the GPU (on a CPU the pod) has" }),
    budget: mebibytes.meta({ description: "What the engine may take of it" }),
    weights: mebibytes,
    activations: mebibytes,
    graphs: mebibytes.meta({ description: "Captured CUDA graphs" }),
    runtime: mebibytes.meta({ description: "CUDA context, communication, the engine itself" }),
    kvCache: mebibytes.meta({ description: "What is left for the KV cache" }),
  })
  .meta({ description: "Memory of the fullest GPU, in MiB" });

const gpuSharing = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("mig"), profile: z.string() }),
    z.strictObject({ kind: z.literal("time-slicing"), replicas: z.int() }),
  ])
  .meta({ description: "How pods share each card; absent where cards are whole" });

const alternative = z.strictObject({
  option: z.string(),
  instanceType: z.string(),
  purchase: z.enum(purchaseOptions),
  usdPerHour: usdPerHour.meta({ description: "US dollars an hour, were whole nodes filled with it" }),
});

const serving = z.strictObject({
  server: z.enum(servers),
  legacy: z
    .string()
    .optional()
    .meta({ description: "Why nobody should choose this server for something new" }),
  path: z
    .string()
    .optional()
    .meta({ description: "At the gateway; absent for one that only the adapter asks" }),
  startSeconds: z.int().meta({ description: "From the container's start to the first answer, estimated" }),
  coldStart: z
    .strictObject({ seconds: z.int(), parts: z.array(z.string()) })
    .meta({ description: "From no node to the first answer, estimated" }),
  scaling: z
    .strictObject({
      least: z.int(),
      most: z.int(),
      metrics: z.array(z.strictObject({ name: z.string(), target: z.number() })).meta({
        description:
          "Of each pod, by their names in Kubernetes; more than the target on average makes one more",
      }),
    })
    .optional()
    .meta({ description: "Absent where nothing scales it" }),
});

const model = z.strictObject({
  name: z.string(),
  model: z.string().meta({ description: "Hugging Face id" }),
  revision: z.string().optional(),
  engine: z.enum(engines),
  image: z.string().meta({ description: "Image whose name and tag tell engine, model, version and format" }),
  quantization: z.enum(quantizationNames),
  kvCacheType: z.enum(kvCacheTypes),
  gpu: z
    .strictObject({ name: z.enum(gpuNames), count: z.int().min(1), sharing: gpuSharing.optional() })
    .optional()
    .meta({ description: "GPUs of one server; absent on a CPU" }),
  tensorParallel: z.int().min(1),
  pipelineParallel: z.int().min(1),
  gpuMemoryUtilization: z.number(),
  batch: z.strictObject({ tokens: z.int(), sequences: z.int() }).optional().meta({
    description: "vLLM's --max-num-batched-tokens and --max-num-seqs, with which its memory is counted",
  }),
  replicas: z.int().min(1),
  podsPerReplica: z.int().min(2).optional().meta({
    description: "Nodes over which each replica is spread, in one zone; absent where one carries it",
  }),
  spread: z.enum(["none", "node", "zone"]),
  context: z.int().meta({ description: "Longest request in tokens" }),
  concurrency: z.strictObject({
    wanted: z.int(),
    held: z.int().meta({ description: "Requests of `tokensPerRequest` that the KV cache holds" }),
    tokensPerRequest: z.int(),
  }),
  kvTokens: z.int().meta({ description: "Tokens that the KV cache holds" }),
  largestContext: z.int().meta({ description: "Longest context with which the server would start" }),
  memory,
  pod: z.strictObject({
    milliCpus: z.int(),
    memoryMiB: z.int(),
    diskGiB: z.int().meta({ description: "Weights on the node's disk" }),
  }),
  nodes: z.array(z.strictObject({ instanceType: z.string(), purchase: z.enum(purchaseOptions) })),
  usdPerHour: usdPerHour.meta({ description: "Its share of its nodes, all replicas together" }),
  serving: serving.optional().meta({ description: "Absent for one that can't be served as described" }),
  alternatives: z.array(alternative).meta({ description: "Other ways that work, cheapest first" }),
});

const nodeGroup = z.strictObject({
  name: z.string(),
  role: z.enum(roles),
  instanceTypes: z.array(z.string()).min(1),
  purchase: z.enum(purchaseOptions),
  reservation: z.string().optional(),
  fallbacks: z.array(z.enum(purchaseOptions)),
  zones: z.array(z.string()),
  size: z.strictObject({ min: z.int(), planned: z.int(), max: z.int() }),
  gpu: z
    .strictObject({ name: z.enum(gpuNames), perNode: z.int(), sharing: gpuSharing.optional() })
    .optional(),
  pods: z.record(z.string(), z.int()).meta({ description: "Replicas by workload" }),
  usdPerHour,
});

const training = z.strictObject({
  name: z.string(),
  gpu: z.enum(gpuNames),
  precision: z.enum(trainingPrecisions),
  memory: z
    .strictObject({
      capacity: mebibytes.meta({ description: "All that the GPU has" }),
      weights: mebibytes,
      gradients: mebibytes,
      optimizer: mebibytes,
      activations: mebibytes,
      runtime: mebibytes,
    })
    .meta({ description: "Memory of the GPU, in MiB" }),
  instanceType: z.string(),
  purchase: z.enum(purchaseOptions),
  usdPerHour: usdPerHour.meta({ description: "Of its node while it runs; in no total" }),
  usdAtMost: z.number().min(0).meta({ description: "US dollars until its deadline" }),
});

const infrastructure = z.strictObject({
  region: z.string(),
  network: z.strictObject({
    cidr: z.string(),
    zones: z.array(z.string()),
    subnets: z.array(
      z.strictObject({
        name: z.string(),
        tier: z.enum(["public", "private", "intra"]),
        zone: z.string(),
        cidr: z.string(),
      }),
    ),
  }),
  nodeGroups: z.array(nodeGroup),
  training: z.array(training).meta({ description: "What trains for a while, in the order of names" }),
  placement: z.strictObject({
    usdPerHour: usdPerHour.meta({
      description: "Of nodes that are bought for it; reserved ones count nothing",
    }),
    lowerBound: usdPerHour.meta({ description: "Proven: no placement costs less" }),
    gap: z.number().meta({ description: "(cost - lowerBound) / cost" }),
  }),
  cost: z.strictObject({
    usdPerHour,
    usdPerMonth: z.number().meta({ description: "730 hours" }),
    budgetUsdPerMonth: z.number().optional(),
    items: z.array(
      z.strictObject({
        component: z.string(),
        what: z.string(),
        usdPerHour,
        basis: z.enum(["listed", "estimated"]),
      }),
    ),
    notPriced: z.array(z.string()),
  }),
  quotas: z.array(
    z.strictObject({
      service: z.string(),
      code: z.string(),
      name: z.string(),
      planned: z.number(),
      largest: z.number(),
      awsDefault: z.number().optional(),
    }),
  ),
});

/** The document of `npm run plan -- --json`. Fields are only ever added. */
export const planDocumentSchema = z
  .strictObject({
    environment: z.enum(environments),
    ok: z.boolean().meta({ description: "Whether it can be brought up as described" }),
    problems: z.array(z.string()),
    warnings: z.array(z.string()),
    models: z.array(model),
    infrastructure: infrastructure.optional().meta({ description: "Absent for `local`, which has no cloud" }),
    explanations: z.array(z.strictObject({ subject: z.string(), why: z.string() })),
  })
  .meta({ title: "A platform's plan", description: "What `npm run plan -- ENVIRONMENT --json` prints" });

export type PlanDocument = z.output<typeof planDocumentSchema>;

/** The same as a JSON Schema. */
export function planJsonSchema() {
  return z.toJSONSchema(planDocumentSchema, { target: "draft-7" });
}
