import { definePlatform } from "../spec/platform.ts";

/** Where a team tries things: one of everything, cheap, may be destroyed at any time. */
export default definePlatform({
  environment: "dev",
  ownership: { owner: "platform-team", costCenter: "ml-infrastructure" },
  cloud: { region: "us-east-1" },
  budget: { usdPerMonth: 1000 },
  gateway: { host: "ai.dev.example.com", hostedZone: { id: "Z0123456789DEV", name: "dev.example.com" } },
  capacity: { gpus: ["A10G", "L4"] },
  models: {
    "qwen2.5-7b": {},
    // In an image of its own: no volume, no pull, and the same bytes at each start.
    "qwen3-0.6b": { weights: "baked" },
    "qwen3-embedding-0.6b": {},
  },
  retrieval: { collections: { documents: { vectors: 1_000_000, dimensions: 384 } } },
  // Runs once, for some minutes, on a GPU that is there only for that: an example to copy.
  training: {
    jobs: {
      digits: {
        entrypoint: "digits:train",
        model: { parameters: 110_000, activationsMiB: 64 },
        hyperparameters: { epochs: 20, batch: 256, rate: 0.001 },
        deadlineHours: 1,
      },
    },
  },
  postgres: { storageGi: 20 },
});
