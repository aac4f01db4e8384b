import { definePlatform } from "../spec/platform.ts";

/** What users depend on: more than one of everything that may be more than one, state protected. */
export default definePlatform({
  environment: "prod",
  ownership: { owner: "platform-team", costCenter: "ml-infrastructure" },
  cloud: { region: "us-east-1" },
  budget: { usdPerMonth: 60_000, alertAtPercent: [50, 80, 100] },
  gateway: { host: "ai.example.com", hostedZone: { id: "Z0123456789EXAMPLE", name: "example.com" } },
  network: {
    cidr: "10.0.0.0/16",
    zones: ["us-east-1a", "us-east-1b", "us-east-1c"],
    interfaceEndpoints: ["ecr.api", "ecr.dkr", "logs", "sts"],
  },
  capacity: { gpus: ["L4", "L40S", "A100-40", "H100"] },
  models: {
    "llama-3.1-8b": { replicas: 4, autoscaling: { least: 2, most: 6 } },
    "gpt-oss-20b": {},
    // Long answers, one after the other: the faster the card, the shorter the wait.
    "deepseek-r1-distill-32b": { gpus: ["H100"] },
    "qwen3-32b": {},
    "llama-3.3-70b": {},
    "mixtral-8x7b": {},
  },
  retrieval: {
    collections: {
      // Searched through one bit per dimension, which is what AVX-512 is for; originals on NVMe.
      web: { vectors: 200_000_000, dimensions: 1024, quantization: "binary", originals: "disk" },
      documents: { vectors: 20_000_000, dimensions: 384 },
    },
  },
  nlp: {
    spacyModel: "en_core_web_trf",
    embeddings: {
      // Small enough that CPUs are cheaper than GPUs: a model of 568 million parameters takes 20 times as many.
      documents: { model: "BAAI/bge-small-en-v1.5", documentsPerHour: 200_000, tokensPerDocument: 256 },
    },
  },
  observability: { alarmEmail: "ml-platform@example.com" },
  postgres: { storageGi: 100 },
});
