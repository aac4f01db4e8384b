/** A description that is wrong in one way, as a change of a sound one. */
export interface Case {
  /** What is wrong, as a heading. */
  readonly title: string;
  readonly environment: "local" | "dev" | "staging" | "prod";
  /** Sections that replace those of the sound description; undefined removes one. */
  readonly change: Readonly<Record<string, unknown>>;
  /** Files under m2m/, by path. */
  readonly files?: Readonly<Record<string, string>>;
}

const inDev = (title: string, change: Case["change"], files?: Case["files"]): Case => ({
  title,
  environment: "dev",
  change,
  ...(files && { files }),
});
const inLocal = (title: string, change: Case["change"], files?: Case["files"]): Case => ({
  ...inDev(title, change, files),
  environment: "local",
});

const llama = "meta-llama/Llama-3.1-8B-Instruct";
const reservation = { id: "cr-0123456789abcdef0", instanceType: "p5.48xlarge", count: 1, zone: "us-east-1a" };
const block = { ...reservation, endsAt: "2027-01-31T11:30:00Z" };

const shapes: readonly Case[] = [
  inDev("a mistyped section", { gatway: { host: "ai.example.com" }, gateway: undefined }),
  inDev("a mistyped field", { ownership: { owner: "team", costCentre: "ml" } }),
  inDev("a field of another section", { cloud: { region: "us-east-1", clusterName: "ml", collections: {} } }),
  inDev("a mistyped environment", { environment: "production" }),
  inDev("text where a number is needed", { postgres: { storageGi: "100 Gi" } }),
  inDev("a number out of range", { gateway: { host: "ai.example.com", replicas: 50 } }),
  inDev("a fraction of a server", { tracking: { replicas: 1.5 } }),
  inDev("a number that is none", { budget: { usdPerMonth: Number.NaN } }),
  inDev("null", { cluster: { version: null } }),
  inDev("a list where an object is needed", { network: ["10.0.0.0/16"] }),
  inDev("an element of a list", { capacity: { gpus: ["L4", "a100", "H100s"] } }),
  inDev("an empty list", { capacity: { purchase: [] } }),
  inDev("something left out", { cloud: undefined, ownership: { owner: "team" } }),
  inDev("an owner that is an address", { ownership: { owner: "ml@example.com", costCenter: "ml" } }),
  inDev("a host that is a URL", { gateway: { host: "https://ai.example.com/" } }),
  inDev("a number that is one of a few", { observability: { logRetentionDays: 45 } }),
  inDev("a range without its length", { network: { cidr: "10.0.0.0" } }),
  inDev("a block's end without a time zone", {
    capacity: { capacityBlocks: [{ ...block, endsAt: "2027-01-31" }] },
  }),
  inDev("a name that can't be part of a DNS name", { models: { "Llama 3": { model: llama } } }),
  inLocal("names that are taken", { models: { adapter: { model: llama }, default: { model: llama } } }),
  inDev("a function", { ownership: () => ({ owner: "team", costCenter: "ml" }) }),
  inDev("a date", { ownership: { owner: "team", costCenter: new Date(0) } }),
  inLocal("a cloud for local", { cloud: { region: "us-east-1" }, budget: { usdPerMonth: 100 } }),
  inDev("an object store in AWS", { objectStore: { storageGi: 50 } }),
];

const models: readonly Case[] = [
  inDev("a model that the catalog doesn't know, but one that is near", {
    models: { llama: { model: "meta-llama/Llama-3.1-8b-Instruct" } },
  }),
  inDev("a model that is near to none", { models: { ours: { model: "example/our-own-model" } } }),
  inDev("a model without a Hugging Face id", { models: { llama: { model: "llama3.1:8b" } } }),
  inDev("a name without a file, and no model", { models: { "llama-3.1-8b": {} } }),
  inDev(
    "a mistyped name of a file",
    { models: { "llama3-8b": {} } },
    { "llama-3.1-8b/model-config.yaml": `model: ${llama}\n` },
  ),
  inDev("an unknown engine", { models: { llama: { model: llama, engine: "sglang" } } }),
  inDev("a format by a name of its own", {
    models: { llama: { model: llama, quantization: "Q4_K_M.gguf" } },
  }),
  inDev("a list with an unknown format", {
    models: { llama: { model: llama, quantization: ["awq", "fp6"] } },
  }),
  inDev("a GGUF file for vLLM", {
    models: { llama: { model: llama, engine: "vllm", quantization: "q4_K_M" } },
  }),
  inDev("safetensors for Ollama", {
    models: { llama: { model: llama, engine: "ollama", quantization: "awq" } },
  }),
  inDev("Ollama on a GPU without a format", {
    models: { llama: { model: llama, engine: "ollama", gpus: ["L4"] } },
  }),
  inDev("a KV cache that the engine doesn't know", {
    models: { llama: { model: llama, kvCacheType: "q8_0" } },
  }),
  inDev("a KV cache in FP8 on a GPU that is too old", {
    models: { llama: { model: llama, kvCacheType: "fp8", gpus: ["L4", "A10G"] } },
  }),
  inDev("MXFP4 where there are only GPUs that are too old", {
    capacity: { gpus: ["T4"] },
    models: { "gpt-oss": { model: "openai/gpt-oss-20b", quantization: "mxfp4" } },
  }),
  inDev("a share of a GPU for what takes whole ones", {
    models: {
      llama: { model: llama, gpus: ["L4"], tensorParallel: 2, gpuSharing: { timeSlicing: 2 } },
      other: { model: llama, engine: "tgi", gpuSharing: { timeSlicing: 2 } },
      third: { model: llama, server: "triton", pipelineParallel: 2, gpuSharing: { timeSlicing: 2 } },
    },
  }),
  inDev("slices of cards that can't be cut so", {
    models: {
      llama: { model: llama, gpus: ["L4", "A100-40"], gpuSharing: { mig: "3g.40gb" } },
      other: { model: llama, gpuSharing: { mig: "3g.20gb", timeSlicing: 2 } },
      third: { model: llama, gpuSharing: { mig: "3g.30gb" } },
      fourth: { model: llama, gpuSharing: {} },
    },
  }),
  inDev("slices where no card can be cut", {
    capacity: { gpus: ["L4", "A10G"] },
    models: { llama: { model: llama, gpuSharing: { mig: "3g.20gb" } } },
  }),
  inDev("TGI on a GPU that it is not for", {
    models: { llama: { model: llama, engine: "tgi", gpus: ["A100-80", "L4"] } },
  }),
  inDev("TGI where there is no A100 or H100", {
    capacity: { gpus: ["L4", "L40S"] },
    models: { llama: { model: llama, engine: "tgi" } },
  }),
  inLocal("a GPU engine in local", {
    models: { llama: { model: llama, engine: "vllm", quantization: "awq" } },
  }),
  inLocal("a GPU in local", { models: { llama: { model: llama, gpus: ["L4"] } } }),
  inLocal("full precision on a CPU", { models: { llama: { model: llama, quantization: "f16" } } }),
  inDev("full precision on a CPU, beside GPUs", { models: { llama: { model: llama, quantization: "f16" } } }),
  inDev("a GPU in a CPU-only environment", {
    capacity: { gpus: [] },
    models: { llama: { model: llama, engine: "vllm" } },
  }),
  inDev("a GPU that capacity leaves out", {
    capacity: { gpus: ["L4"] },
    models: { llama: { model: llama, gpus: ["H100"] } },
  }),
  inDev("heads that can't be split over 8 GPUs", {
    models: { qwen: { model: "Qwen/Qwen2.5-7B-Instruct", tensorParallel: 8 } },
  }),
  inDev("key-value heads that can't be split over 4 GPUs", {
    models: { phi: { model: "microsoft/phi-4", tensorParallel: 4 } },
  }),
  inDev("tensor parallelism with Ollama", {
    models: { llama: { model: llama, quantization: "q4_K_M", tensorParallel: 2 } },
  }),
  inDev("pipeline parallelism with TGI", {
    models: { llama: { model: llama, engine: "tgi", pipelineParallel: 2 } },
  }),
  inDev("more GPUs than a node has", {
    models: { llama: { model: llama, gpus: ["L4"], tensorParallel: 16 } },
  }),
  inDev("a context beyond the model's own", {
    models: { tiny: { model: "TinyLlama/TinyLlama-1.1B-Chat-v1.0", context: 4096 } },
  }),
  inDev("requests longer than the context", {
    models: { llama: { model: llama, tokensPerRequest: 10_000 } },
  }),
  inDev("a GPU twice", { models: { llama: { model: llama, gpus: ["L4", "L40S", "L4"] } } }),
];

const files: readonly Case[] = [
  inDev(
    "a fault in a model's file, and one in what the stack adds",
    { models: { llama: { concurrency: 0 } } },
    {
      "llama/model-config.yaml": `model: ${llama}\nquantisation: awq\ncontext: "8k"\n`,
    },
  ),
  inDev(
    "a file whose values don't fit each other",
    { models: { llama: {} } },
    {
      "llama/model-config.yaml": `# Answers the chat.\nmodel: ${llama}\nengine: vllm\nquantization: q4_K_M\ncontext: 200000\n`,
    },
  ),
  inDev(
    "a stack that doesn't fit a file",
    { models: { llama: { engine: "ollama" } } },
    {
      "llama/model-config.yaml": `model: ${llama}\nquantization: awq\n`,
    },
  ),
  inDev(
    "a file that is no YAML, and a fault in the stack",
    { models: { llama: { concurrency: 0 } } },
    {
      "llama/model-config.yaml": `model: ${llama}\n  engine: vllm\ncontext: [8192\n`,
    },
  ),
  inDev(
    "a field twice, and an alias",
    { models: { llama: {} } },
    {
      "llama/model-config.yaml": `model: ${llama}\ncontext: 4096\ncontext: 8192\nrevision: *commit\n`,
    },
  ),
  inDev("an empty file", { models: { llama: {} } }, { "llama/model-config.yaml": "# Later.\n" }),
  inDev(
    "a config.json that lacks what sizes depend on",
    { models: { ours: {} } },
    {
      "ours/model-config.yaml": "model: example/our-own-model\n",
      "ours/config.json":
        '{\n  "model_type": "llama",\n  "num_hidden_layers": 32,\n  "hidden_size": "4096",\n  "intermediate_size": 11008,\n  "num_attention_heads": 32,\n  "max_position_embeddings": 4096\n}\n',
    },
  ),
  inDev("an architecture that is none", {
    models: { ours: { model: "example/our-own-model", architecture: { model_type: "mamba" } } },
  }),
  inDev(
    "a config.json that is broken",
    { models: { ours: {} } },
    {
      "ours/model-config.yaml": "model: example/our-own-model\n",
      "ours/config.json": '{\n  "num_hidden_layers": 32,\n  "hidden_size": 4096\n  "vocab_size": 32000\n}\n',
    },
  ),
];

const capacity: readonly Case[] = [
  inDev("an unknown region, where nothing else can be said", {
    cloud: { region: "us-eats-1" },
    models: { llama: { model: llama, gpus: ["L4"] } },
  }),
  inDev("zones of another region", { network: { zones: ["us-east-1a", "us-west-2a"] } }),
  inDev("a family that doesn't exist", { capacity: { families: ["g6", "g8"] } }),
  inDev("a family that the region doesn't offer", {
    cloud: { region: "eu-west-1" },
    capacity: { families: ["g6"] },
  }),
  inDev("a GPU that the region doesn't offer", {
    cloud: { region: "eu-west-1" },
    capacity: { gpus: ["A10G", "H100"] },
    models: { llama: { model: llama, gpus: ["H100"] } },
  }),
  inDev("a GPU whose family is left out", { capacity: { families: ["g6", "m7i"], gpus: ["L4", "L40S"] } }),
  inDev("a reservation of a type that doesn't exist", {
    capacity: { reservations: [{ ...reservation, instanceType: "p5.8xlarge" }] },
  }),
  inDev("a reservation that the region doesn't offer", {
    capacity: { reservations: [{ ...reservation, instanceType: "p5e.48xlarge" }] },
  }),
  inDev("a reservation that no family allows", {
    capacity: { families: ["g6"], reservations: [reservation] },
  }),
  inDev("a reservation in a zone without a network", {
    capacity: { reservations: [{ ...reservation, zone: "us-east-1f" }] },
    network: { zones: ["us-east-1a", "us-east-1b"] },
  }),
  inDev("one reservation twice", { capacity: { reservations: [reservation], capacityBlocks: [block] } }),
  inDev("a capacity block of a family without them", {
    capacity: { capacityBlocks: [{ ...block, instanceType: "g6.xlarge" }] },
  }),
  inDev("a purchase by reservations that are not there", {
    capacity: { purchase: ["reservation", "spot"] },
    models: { llama: { model: llama, purchase: ["capacity-block", "on-demand"] } },
  }),
];

const network: readonly Case[] = [
  inDev("a VPC that is too large", { network: { cidr: "10.0.0.0/8" } }),
  inDev("a VPC that is too small", { network: { cidr: "10.0.0.0/24" } }),
  inDev("a range with host bits", { network: { cidr: "10.0.1.0/16" } }),
  inDev("ranges that overlap", {
    network: { cidr: "10.0.0.0/16", reserved: ["192.168.0.0/16", "10.0.0.0/8"] },
  }),
  inDev("an unknown endpoint", { network: { interfaceEndpoints: ["ecr", "s3", "bedrock"] } }),
];

const retrieval: readonly Case[] = [
  inDev("an unknown store", { retrieval: { store: "milvus" } }),
  inDev("too many vectors for dev's Chroma", {
    retrieval: { collections: { documents: { vectors: 20_000_000, dimensions: 768 } } },
  }),
  inDev("several servers of Chroma", { retrieval: { store: "chroma", nodes: 3 } }),
  inDev("vectors too wide for pgvector", {
    retrieval: { store: "pgvector", collections: { documents: { vectors: 1000, dimensions: 3072 } } },
  }),
  inDev("more copies than servers", {
    retrieval: {
      store: "qdrant",
      nodes: 2,
      collections: { documents: { vectors: 1000, dimensions: 768, replication: 3 } },
    },
  }),
  inDev("an unknown embedding model", {
    nlp: { embeddings: { documents: { model: "BAAI/bge-m4", documentsPerHour: 1000 } } },
  }),
  inDev("no dimensions", { retrieval: { collections: { documents: { vectors: 1000, dimensions: 0 } } } }),
];

const postgres: readonly Case[] = [
  inLocal("RDS for local", { postgres: { deployment: "rds" } }),
  inDev("a database that runs nowhere", { postgres: { deployment: "aurora" } }),
  inDev("a disk that RDS doesn't have", { postgres: { storageGi: 10 } }),
  inDev("a class that RDS doesn't have", { postgres: { instanceClass: "db.m7g.larg" } }),
  inDev("an EC2 instance type as a class", { postgres: { instanceClass: "m7g.large" } }),
  inDev("a pod with what only RDS has", {
    postgres: {
      deployment: "in-cluster",
      multiAz: true,
      backupRetentionDays: 14,
      instanceClass: "db.m7g.large",
    },
  }),
  inLocal("a standby for local", { postgres: { multiAz: false } }),
  inDev("backups for longer than RDS keeps them", { postgres: { backupRetentionDays: 90 } }),
];

const storage: readonly Case[] = [
  inDev("a copy where the original is", { storage: { replicaRegion: "us-east-1" } }),
  inDev("a copy in an unknown region", { storage: { replicaRegion: "eu-west-9" } }),
  inDev("a prefix that no bucket's name can have", { storage: { bucketPrefix: "Acme_ML" } }),
  inLocal("buckets for local", { storage: { bucketPrefix: "acme" } }),
];

const gateway: readonly Case[] = [
  inDev("a host outside its zone", {
    gateway: { host: "ai.example.com", hostedZone: { id: "Z0123456789EXAMPLE", name: "example.org" } },
  }),
  inDev("a host whose end only looks like its zone", {
    gateway: { host: "myexample.com", hostedZone: { id: "Z0123456789EXAMPLE", name: "example.com" } },
  }),
  inDev("a zone by its name alone", {
    gateway: { host: "ai.example.com", hostedZone: { name: "example.com" } },
  }),
  inDev("a zone's id with what stands before it", {
    gateway: { host: "ai.example.com", hostedZone: { id: "/hostedzone/Z0123", name: "example.com." } },
  }),
  inDev("a certificate of another region", {
    gateway: {
      host: "ai.example.com",
      certificateArn: "arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
    },
  }),
  inDev("a certificate of a server", {
    gateway: { host: "ai.example.com", certificateArn: "arn:aws:iam::123456789012:server-certificate/ai" },
  }),
  inDev("ranges of clients with host bits, and one twice", {
    gateway: { host: "ai.example.com", allowedCidrs: ["192.0.2.1/24", "198.51.100.0/24", "198.51.100.0/24"] },
  }),
  inDev("a limit that lets nobody in", {
    gateway: { host: "ai.example.com", limits: { requestsPerSecond: 0, bodyMib: 10 } },
  }),
  inLocal("a zone for local", {
    gateway: { host: "ai.example.com", hostedZone: { id: "Z0123456789EXAMPLE", name: "example.com" } },
  }),
];

const training = { entrypoint: "digits:train", model: { parameters: 1_000_000, activationsMiB: 100 } };
const trainings: readonly Case[] = [
  inDev("a training that says twice, or not at all, what runs and what its activations take", {
    training: {
      jobs: {
        twice: {
          ...training,
          image: "registry.example.com/bert:1",
          model: {
            ...training.model,
            transformer: { layers: 1, width: 1, heads: 1, vocabulary: 1, sequence: 1, batch: 1 },
          },
        },
        never: { model: { parameters: 1_000_000 } },
      },
    },
  }),
  inDev("a training of a model that is not small, with a seed that NumPy doesn't take", {
    training: {
      jobs: { large: { ...training, seed: 2 ** 32, model: { parameters: 7e9, activationsMiB: 100 } } },
    },
  }),
  inDev("a training on a GPU that the environment hasn't got, and in a format that its GPU hasn't got", {
    capacity: { gpus: ["T4", "L4"] },
    training: {
      jobs: {
        far: { ...training, gpus: ["L4", "H100"] },
        old: { ...training, gpus: ["T4"], precision: "bf16" },
      },
    },
  }),
  inDev("a training that names a file", {
    training: { jobs: { digits: { ...training, image: undefined, entrypoint: "digits.py" } } },
  }),
  inDev("a training where there is no GPU", {
    capacity: { gpus: [] },
    models: {},
    training: { jobs: { digits: training } },
  }),
  inLocal("a training for local", { training: { jobs: { digits: training } } }),
];

const several: readonly Case[] = [
  inDev("alerts that don't ascend", { budget: { usdPerMonth: 1000, alertAtPercent: [50, 80, 80, 60] } }),
  inDev("everything at once: shapes and rules together", {
    ownership: { owner: "" },
    network: { cidr: "10.0.0.0/12" },
    postgres: { storageGi: -1, size: 3 },
    models: {
      qwen: { model: "Qwen/Qwen2.5-7B-Instruct", tensorParallel: 8 },
      llama: { model: llama, engine: "vlm" },
    },
  }),
];

/** By the part of a description that is wrong. */
export const cases: Readonly<Record<string, readonly Case[]>> = {
  "Names, types and values": shapes,
  Models: models,
  "Models' files": files,
  Capacity: capacity,
  Network: network,
  "Retrieval and NLP": retrieval,
  PostgreSQL: postgres,
  Storage: storage,
  Gateway: gateway,
  Training: trainings,
  "Budget, and several faults": several,
};
