import { definePlatform } from "../spec/platform.ts";

/** Production's shape at production's smallest. */
export default definePlatform({
  environment: "staging",
  ownership: { owner: "platform-team", costCenter: "ml-infrastructure" },
  cloud: { region: "us-east-1" },
  budget: { usdPerMonth: 10_000 },
  gateway: {
    host: "ai.staging.example.com",
    hostedZone: { id: "Z0123456789STAGING", name: "staging.example.com" },
  },
  capacity: { purchase: ["spot", "on-demand"], gpus: ["A10G", "L4", "L40S", "A100-40"] },
  models: {
    "llama-3.1-8b": { replicas: 2, autoscaling: { least: 1, most: 3 } },
    "gpt-oss-20b": {},
    "deepseek-r1-distill-32b": {},
    "mixtral-8x7b": {},
    // Too small for a card: both of its replicas take turns on one.
    "qwen3-0.6b": { engine: "vllm", quantization: "bf16", replicas: 2, gpuSharing: { timeSlicing: 2 } },
    "qwen3-1.7b": {},
    "qwen3-32b": {},
    "qwen3-embedding-4b": {},
    // For a team's own pods, which speak Triton's protocol.
    "qwen2.5-7b": { server: "triton", clients: ["team-search"] },
  },
  retrieval: { collections: { documents: { vectors: 10_000_000, dimensions: 384, replication: 2 } } },
  nlp: {
    embeddings: { documents: { model: "sentence-transformers/all-MiniLM-L6-v2", documentsPerHour: 50_000 } },
  },
  postgres: { storageGi: 20 },
});
