import { resolve } from "node:path";
import { planPlatform } from "../planning/plan.ts";
import { readJsonPlatform } from "../spec/jsonPlatform.ts";
import { readModelConfigs } from "../spec/modelConfigs.ts";
import type { PlatformSpec } from "../spec/platform.ts";
import { describeEnvironment, readLock } from "../stacks/environments.ts";
import { type Arguments, UsageError } from "./arguments.ts";
import type { Subject } from "./checks/subject.ts";
import { readProvider } from "./provider/config.ts";

const root = resolve(import.meta.dirname, "..");

/**
 * Reads what is to be examined, and plans it.
 * @throws UsageError for an environment that is in no AWS account
 * @throws SpecError, UnreadableSpec, LockError for files that can't be taken
 */
export async function readSubject({ configFile, target }: Arguments): Promise<Subject> {
  const { source, spec } = described(target);
  if (spec.environment === "local") {
    throw new UsageError("local is in no AWS account: npm start looks at the machine itself");
  }
  const lock = target.kind === "environment" ? readLock(target.name, root) : undefined;
  const { infrastructure, problems } = await planPlatform(spec, lock);
  if (infrastructure === undefined) throw new UsageError(`${source} plans nothing in AWS`);
  const config = configFile ?? `Pulumi.${spec.environment}.yaml`;
  const provider = readProvider(
    configFile === undefined ? resolve(root, config) : fromCaller(config),
    config,
  );
  return { source, configFile: config, spec, infrastructure, problems, provider };
}

function described(target: Arguments["target"]): { readonly source: string; readonly spec: PlatformSpec } {
  if (target.kind === "environment") {
    return { source: `stacks/${target.name}.ts`, spec: describeEnvironment(target.name, root) };
  }
  const modelConfigs = readModelConfigs(resolve(root, "m2m"));
  return {
    source: target.file,
    spec: readJsonPlatform(fromCaller(target.file), target.file, { modelConfigs }),
  };
}

/** npm starts scripts in the project's folder, and keeps where it was called in INIT_CWD. */
function fromCaller(file: string): string {
  return resolve(process.env.INIT_CWD ?? process.cwd(), file);
}
