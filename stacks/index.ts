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
  const platform = new Platform("platform", await sourced(plan, root));
  const { entrance, services } = platform;
  return entrance === undefined ? { services } : { services, entrance };
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
