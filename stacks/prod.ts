import { definePlatform } from "../spec/platform.ts";

/** What users depend on: more than one of everything that may be more than one, state protected. */
export default definePlatform({
  environment: "prod",
  ownership: { owner: "platform-team", costCenter: "ml-infrastructure" },
  cloud: { region: "us-east-1" },
  gateway: { host: "ai.example.com" },
  postgres: { storageGi: 100 },
});
