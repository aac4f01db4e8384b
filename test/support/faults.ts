import { parsePlatform, SpecError } from "../../spec/parse.ts";

type Parsed = Parameters<typeof parsePlatform>;

/** What is said of a description that has faults; empty for one that has none. */
export function saidOf(...[input, source, options]: Parsed): string {
  try {
    parsePlatform(input, source, options);
    return "";
  } catch (error) {
    if (error instanceof SpecError) return error.message;
    throw error;
  }
}

/** A description of dev that is sound. */
export const soundDev = {
  environment: "dev",
  ownership: { owner: "team", costCenter: "ml" },
  cloud: { region: "us-east-1" },
  gateway: { host: "ai.example.com" },
} as const;
