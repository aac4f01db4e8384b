import { join } from "node:path";
import { Platform } from "../../components/platform.ts";
import { planPlatform } from "../../planning/plan.ts";
import { readModelConfigs } from "../../spec/modelConfigs.ts";
import { parsePlatform } from "../../spec/parse.ts";
import { stacks } from "../../stacks/environments.ts";
import { withSources } from "../../stacks/sources.ts";

/** A Pulumi program: `dev` with PostgreSQL in a pod. */
export async function run(root: string) {
  const modelConfigs = readModelConfigs(join(root, "m2m"));
  const described = { ...stacks.dev, postgres: { deployment: "in-cluster" } };
  const plan = await planPlatform(parsePlatform(described, "test", { modelConfigs }));
  new Platform("platform", await withSources(plan, root));
}
