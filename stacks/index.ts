import * as pulumi from "@pulumi/pulumi";
import { Platform } from "../components/platform.ts";
import { LockError } from "../planning/lock.ts";
import { type PlatformPlan, planPlatform } from "../planning/plan.ts";
import { SpecError, unknownName } from "../spec/parse.ts";
import { type Environment, environments } from "../spec/platform.ts";
import { describeEnvironment, readLock } from "./environments.ts";
import { SourceError } from "./sourceError.ts";
import { withSources } from "./sources.ts";

/**
 * The Pulumi program: the stack's name says which description is brought up.
 * @param root the project's folder
 * @throws pulumi.RunError, which the engine shows without a stack trace, for an unknown stack, a faulty description, or
 * a platform that can't be brought up as described
 */
export async function run(root: string) {
  const stack = pulumi.getStack();
  const environment = environments.find((name) => name === stack);
  if (environment === undefined) {
    throw new pulumi.RunError(`stack "${stack}": ${unknownName(stack, environments)}`);
  }
  const plan = await planned(environment, root);
  for (const warning of plan.warnings) await pulumi.log.warn(warning);
  const hubToken = new pulumi.Config().getSecret(hubTokenSetting);
  for (const warning of hubToken === undefined ? tokenless(plan) : []) await pulumi.log.warn(warning);
  const platform = new Platform("platform", { ...(await sourced(plan, root)), hubToken });
  const { entrance, services } = platform;
  return entrance === undefined ? { services } : { services, entrance };
}

/** Setting of the stack with the token of Hugging Face. */
const hubTokenSetting = "hubToken";

function tokenless({ serving }: PlatformPlan): string[] {
  return serving.staging
    .filter(({ gated }) => gated)
    .map(
      ({ models }) =>
        `models.${models.join(", models.")}: the weights are gated, and no token is set: pulumi config set --secret ${hubTokenSetting}`,
    );
}

async function planned(environment: Environment, root: string) {
  const { lock, spec } = described(environment, root);
  const plan = await planPlatform(spec, lock);
  if (plan.problems.length === 0) return plan;
  throw new pulumi.RunError(
    [`stacks/${environment}.ts can't be brought up:`, ...plan.problems.map((line) => `  ${line}`)].join("\n"),
  );
}

async function sourced(plan: PlatformPlan, root: string) {
  try {
    return await withSources(plan, root);
  } catch (error) {
    if (error instanceof SourceError) throw new pulumi.RunError(error.message);
    throw error;
  }
}

function described(environment: Environment, root: string) {
  try {
    return { spec: describeEnvironment(environment, root), lock: readLock(environment, root) };
  } catch (error) {
    if (error instanceof SpecError || error instanceof LockError) throw new pulumi.RunError(error.message);
    throw error;
  }
}
