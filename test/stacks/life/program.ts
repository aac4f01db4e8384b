import { join } from "node:path";
import { Platform } from "../../../components/platform.ts";
import { planPlatform } from "../../../planning/plan.ts";
import { readModelConfigs } from "../../../spec/modelConfigs.ts";
import { parsePlatform } from "../../../spec/parse.ts";
import type { Environment } from "../../../spec/platform.ts";
import { stacks } from "../../../stacks/environments.ts";
import { withSources } from "../../../stacks/sources.ts";
import { type ChangeName, described, planned } from "./changes.ts";

/** A Pulumi program: an environment of AWS after some changes. */
export async function run(root: string, environment: Environment, names: readonly ChangeName[]) {
  const written = stacks[environment];
  if (written.environment === "local") throw new Error("local has nothing in AWS");
  const modelConfigs = readModelConfigs(join(root, "m2m"));
  const spec = parsePlatform(described(written, names), "a changed environment", { modelConfigs });
  const plan = await planPlatform(spec);
  const { infrastructure, problems } = plan;
  if (infrastructure === undefined || problems.length > 0) throw new Error(problems.join("\n"));
  const foundation = planned(infrastructure.foundation, names);
  const { entrance, services } = new Platform(
    "platform",
    await withSources({ ...plan, infrastructure: { ...infrastructure, foundation } }, root),
  );
  return { services, entrance };
}
