import { readFileSync } from "node:fs";
import { type ParseOptions, parsePlatform } from "./parse.ts";
import type { PlatformSpec } from "./platform.ts";

/** A file that holds no JSON. */
export class UnreadableSpec extends Error {
  override readonly name = "UnreadableSpec";
  readonly remedy =
    "Give a file with one platform in JSON; docs/schemas/platform.schema.json says what it may hold";
}

/**
 * One platform in JSON.
 * @param name what to call the file in messages
 * @throws UnreadableSpec
 * @throws SpecError with every fault
 */
export function readJsonPlatform(path: string, name: string, options: ParseOptions = {}): PlatformSpec {
  let input: unknown;
  try {
    input = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UnreadableSpec(`${name} can't be read as JSON: ${reason}`);
  }
  return parsePlatform(input, name, options);
}
