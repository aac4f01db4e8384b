import { definePlatform } from "../spec/platform.ts";

/** Where a team tries things: one of everything, cheap, may be destroyed at any time. */
export default definePlatform({
  environment: "dev",
  ownership: { owner: "platform-team", costCenter: "ml-infrastructure" },
  cloud: { region: "us-east-1" },
  gateway: { host: "ai.dev.example.com" },
  postgres: { storageGi: 20 },
});
