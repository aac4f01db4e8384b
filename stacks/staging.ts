import { definePlatform } from "../spec/platform.ts";

/** Production's shape at production's smallest. */
export default definePlatform({
  environment: "staging",
  ownership: { owner: "platform-team", costCenter: "ml-infrastructure" },
  cloud: { region: "eu-central-1", clusterName: "ai-platform-staging" },
  gateway: { host: "ai.staging.example.com" },
  postgres: { storageGi: 20 },
});
