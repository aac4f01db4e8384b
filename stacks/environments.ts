import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type PlacementLock, parsePlacementLock } from "../planning/lock.ts";
import { readModelConfigs } from "../spec/modelConfigs.ts";
import { parsePlatform } from "../spec/parse.ts";
import type { Environment, PlatformInput, PlatformSpec } from "../spec/platform.ts";
import dev from "./dev.ts";
import local from "./local.ts";
import prod from "./prod.ts";
import staging from "./staging.ts";

/** What people wrote, by environment. */
export const stacks: Readonly<Record<Environment, PlatformInput>> = { local, dev, staging, prod };

/**
 * The description of an environment, checked, with the model files that it takes.
 * @param root the project's folder
 * @throws SpecError with every fault
 */
export function describeEnvironment(environment: Environment, root: string): PlatformSpec {
  const modelConfigs = readModelConfigs(join(root, "m2m"));
  return parsePlatform(stacks[environment], `stacks/${environment}.ts`, { modelConfigs });
}

/** Where the choices of the plan in force are kept. */
export function lockFile(environment: Environment, root: string): string {
  return join(root, "stacks", `${environment}.placement.json`);
}

/**
 * The choices of the plan in force; undefined where none were kept.
 * @throws LockError for a file that is none
 */
export function readLock(environment: Environment, root: string): PlacementLock | undefined {
  const file = lockFile(environment, root);
  if (!existsSync(file)) return undefined;
  return parsePlacementLock(readFileSync(file, "utf8"), `stacks/${environment}.placement.json`);
}
