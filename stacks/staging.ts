import { definePlatform } from "../spec/platform.ts";

/** Production's shape at production's smallest. */
export default definePlatform({
  environment: "staging",
  ownership: { owner: "platform-team", costCenter: "ml-infrastructure" },
  cloud: { region: "us-east-1" },
  gateway: { host: "ai.staging.example.com" },
  postgres: { storageGi: 20 },
});
