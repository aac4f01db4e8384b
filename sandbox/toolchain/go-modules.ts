import { access } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { z } from "zod";
import type { Progress } from "../lib/progress.ts";
import { explainFailure, isNetworkFailure } from "./diagnose.ts";
import { type GoTool, goEnvironment } from "./go-tool.ts";

const moduleSchema = z.object({ Path: z.string(), Version: z.string().optional() });
const goModSchema = z.object({
  Require: z.array(moduleSchema).nullish(),
  Replace: z.array(z.object({ Old: moduleSchema, New: moduleSchema })).nullish(),
});

const attempts = 4;

/**
 * Downloads the modules that packages need and Go's module cache lacks; Go verifies each against go.sum.
 * Not `go mod download`: that asks for more than a build does (modules that no package needs, and each version's date),
 * and fails where a proxy has no answer.
 * @param packages after flags that choose among their files, if any
 */
export async function downloadModules(
  tool: GoTool,
  moduleDir: string,
  packages: readonly string[],
  progress: Progress,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const missing = await missingModules(tool, moduleDir);
    if (missing === 0) return;
    const failure = await download(tool, moduleDir, packages, missing, progress);
    if (failure === undefined) return;
    if (attempt === attempts || !isNetworkFailure(failure)) {
      throw explainFailure("Downloading Go modules", failure, [tool.moduleCache]);
    }
    progress.report(`a download failed, trying again (${attempt + 1} of ${attempts})`);
    await sleep(2000 * attempt);
  }
}

async function download(
  tool: GoTool,
  moduleDir: string,
  packages: readonly string[],
  missing: number,
  progress: Progress,
): Promise<string | undefined> {
  // Finding out which packages are needed takes their modules' sources, which Go then downloads.
  const child = execa(tool.command, ["list", "-deps", "-f", "{{.Name}}", ...packages], {
    cwd: moduleDir,
    env: goEnvironment,
    reject: false,
  });
  const complaints: string[] = [];
  let begun = 0;
  for await (const line of child.iterable({ from: "stderr" })) {
    const name = /^go: downloading (\S+ \S+)$/.exec(line)?.[1];
    if (name) progress.report(`modules: ${++begun} of at most ${missing}, ${name}`);
    else complaints.push(line);
  }
  return (await child).failed ? complaints.join("\n") : undefined;
}

/** How many of the required modules are not completely in Go's module cache. */
async function missingModules(tool: GoTool, moduleDir: string): Promise<number> {
  const { stdout } = await execa(tool.command, ["mod", "edit", "-json"], {
    cwd: moduleDir,
    env: goEnvironment,
  });
  const { Require, Replace } = goModSchema.parse(JSON.parse(stdout));
  let missing = 0;
  for (const required of Require ?? []) {
    const replaced = Replace?.find(
      ({ Old }) => Old.Path === required.Path && (!Old.Version || Old.Version === required.Version),
    );
    const { Path: path, Version: version } = replaced?.New ?? required;
    if (!version) continue; // a folder
    // Go writes this file last, after the archive's checksum was verified.
    const hashFile = join(
      tool.moduleCache,
      "cache/download",
      escapeUpper(path),
      "@v",
      `${escapeUpper(version)}.ziphash`,
    );
    if (!(await exists(hashFile))) missing++;
  }
  return missing;
}

/** The module cache writes "A" as "!a", for file systems that ignore case. */
const escapeUpper = (text: string): string => text.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
