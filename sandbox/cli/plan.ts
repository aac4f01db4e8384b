import { writeFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { LockError, type PlacementLock } from "../../planning/lock.ts";
import { type PlatformPlan, planPlatform } from "../../planning/plan.ts";
import { planDocument } from "../../report/plan/document.ts";
import { renderPlan } from "../../report/plan/text.ts";
import { readJsonPlatform, UnreadableSpec } from "../../spec/jsonPlatform.ts";
import { readModelConfigs } from "../../spec/modelConfigs.ts";
import { SpecError } from "../../spec/parse.ts";
import { type Environment, environments, type PlatformSpec } from "../../spec/platform.ts";
import { describeEnvironment, lockFile, readLock } from "../../stacks/environments.ts";
import { UserError } from "../lib/fail.ts";
import { repoRoot } from "../lib/paths.ts";
import { UsageError, unknown } from "./options.ts";

/** Options of `npm run plan`. */
export interface PlanOptions {
  spec?: string | undefined;
  json: boolean;
  why: boolean;
  write: boolean;
}

/** `npm run plan`: exit code 0 for a platform that can be brought up, 1 otherwise. */
export async function plan(options: PlanOptions, words: readonly string[]): Promise<number> {
  const { keep, lock, spec } = described(options, words);
  const made = await planPlatform(spec, lock);
  console.log(
    options.json
      ? JSON.stringify(planDocument(made), null, 2)
      : renderPlan(made, { color: process.stdout.isTTY === true, why: options.why }),
  );
  if (options.write) keep(made);
  return made.problems.length === 0 ? 0 : 1;
}

interface Described {
  readonly spec: PlatformSpec;
  readonly lock: PlacementLock | undefined;
  /** Keeps the choices of a plan as those in force. */
  readonly keep: (plan: PlatformPlan) => void;
}

function described({ spec: file, write }: PlanOptions, words: readonly string[]): Described {
  const [name, ...more] = words;
  if ((name === undefined) === (file === undefined) || more.length > 0) {
    throw new UsageError(
      `plan: one environment (${environments.join(", ")}) or --spec FILE.json is needed: npm run plan -- dev`,
    );
  }
  if (file !== undefined) {
    if (write) throw new UsageError("plan: --write keeps the plan of an environment, not of a --spec");
    return { spec: specOf(file), lock: undefined, keep: () => undefined };
  }
  const environment = environments.find((known) => known === name);
  if (environment === undefined) {
    throw new UsageError(unknown(`plan: unknown environment ${name}`, name ?? "", environments));
  }
  return {
    ...understood(() => ({
      spec: describeEnvironment(environment, repoRoot),
      lock: readLock(environment, repoRoot),
    })),
    keep: (made) => keepLock(environment, made),
  };
}

/** A whole platform in JSON, as a form or another program would write it; the model files of the project count. */
function specOf(file: string): PlatformSpec {
  const path = resolve(process.env.INIT_CWD ?? process.cwd(), file);
  return understood(() =>
    readJsonPlatform(path, file, { modelConfigs: readModelConfigs(resolve(repoRoot, "m2m")) }),
  );
}

function understood<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnreadableSpec) throw new UserError(error.message, [error.remedy]);
    if (error instanceof SpecError || error instanceof LockError) throw new UserError(error.message);
    throw error;
  }
}

function keepLock(environment: Environment, { infrastructure, problems }: PlatformPlan): void {
  if (infrastructure === undefined)
    throw new UserError(`${environment} places nothing: there is no plan to keep`);
  if (problems.length > 0) throw new UserError("A plan with problems is not kept");
  const file = lockFile(environment, repoRoot);
  writeFileSync(file, `${JSON.stringify(infrastructure.lock, null, 2)}\n`);
  console.error(
    `Kept in ${relative(process.cwd(), file)}: commit it, and later plans move nothing without need.`,
  );
}
