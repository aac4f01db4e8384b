import { join } from "node:path";
import { repoRoot } from "../../sandbox/lib/paths.ts";
import { readModelConfigs } from "../../spec/modelConfigs.ts";
import { parsePlatform } from "../../spec/parse.ts";
import type { PlatformSpec } from "../../spec/platform.ts";
import { stacks } from "../../stacks/environments.ts";

const modelConfigs = readModelConfigs(join(repoRoot, "m2m"));

/** Names of all models that the project has a configuration of. */
export const library: readonly string[] = [...modelConfigs.keys()];

/** An environment in AWS that serves this model of the library and no other, on what prod may have, at any price. */
export function prodWith(model: string): PlatformSpec {
  const written = { ...stacks.prod, models: { [model]: {} }, budget: { usdPerMonth: 1_000_000 } };
  return parsePlatform(written, "prod with one model", { modelConfigs });
}
