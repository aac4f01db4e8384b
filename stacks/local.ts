import { definePlatform } from "../spec/platform.ts";

/** Any Kubernetes on one machine: no cloud, no account, no GPU. */
export default definePlatform({
  environment: "local",
  ownership: { owner: "platform-team", costCenter: "engineering" },
  models: {
    tinyllama: {},
    "qwen3-0.6b": { context: 2048, fallbacks: ["tinyllama"] },
    "qwen3-embedding-0.6b": {},
  },
  access: { teams: { "platform-team": {}, trial: { models: ["tinyllama"], requestsPerMinute: 6 } } },
  retrieval: { collections: { documents: { vectors: 100_000, dimensions: 384 } } },
  postgres: { storageGi: 5 },
  objectStore: { storageGi: 10 },
});
