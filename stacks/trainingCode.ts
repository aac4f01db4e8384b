import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TrainingCode } from "../planning/training/run.ts";
import type { TrainingPlan } from "../planning/training/training.ts";
import { SourceError } from "./sourceError.ts";

/** Bytes that a ConfigMap can hold. Source: Kubernetes documentation, "ConfigMaps". */
const mostBytes = 1024 * 1024;

/**
 * Reads the packages that trainings call, each the Python files of one folder below `training/`; folders in it are left
 * out, because a ConfigMap has none.
 * @param root the project's folder
 * @returns files by name, by folder
 * @throws SourceError with every package that is not there or doesn't fit
 */
export async function readTrainingCode(
  plans: readonly Pick<TrainingPlan, "name" | "source">[],
  root: string,
): Promise<ReadonlyMap<string, TrainingCode>> {
  const read = await Promise.all(plans.map((plan) => readPackage(plan, root)));
  const faults = read.flatMap((each) => ("fault" in each ? [each.fault] : []));
  if (faults.length > 0) throw new SourceError(faults.join("\n"));
  return new Map(read.flatMap((each) => ("source" in each ? [[each.source, each.code] as const] : [])));
}

type Read =
  | { readonly source: string; readonly code: TrainingCode }
  | { readonly fault: string }
  | Record<string, never>;

async function readPackage(
  { name, source }: Pick<TrainingPlan, "name" | "source">,
  root: string,
): Promise<Read> {
  if (source === undefined) return {};
  const folder = join(root, source);
  if (!existsSync(join(folder, "__init__.py"))) {
    return { fault: `training.jobs.${name}: there is no ${source}/__init__.py to call` };
  }
  const names = (await readdir(folder)).filter((file) => file.endsWith(".py")).sort();
  const code = new Map(
    await Promise.all(names.map(async (file) => [file, await readFile(join(folder, file), "utf8")] as const)),
  );
  const bytes = [...code.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes > mostBytes) {
    return {
      fault: `training.jobs.${name}: ${source} has ${bytes} bytes of Python, a ConfigMap holds ${mostBytes}`,
    };
  }
  return { source, code };
}
