import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { execa } from "execa";
import { repoRoot } from "../../lib/paths.ts";
import type { Progress } from "../../lib/progress.ts";
import { lastLines } from "../../toolchain/diagnose.ts";
import type { Counts } from "./counts.ts";

/** What a group of tests works with. */
export interface GroupContext {
  /** Folder for the group's full output. */
  logs: string;
  progress: Progress;
}

/** A command that has ended. */
export interface Run {
  failed: boolean;
  /** Both streams, and why it failed. */
  output: string;
  stdout: string;
}

/** A program of an npm package. */
export const npmProgram = (name: string): string => join(repoRoot, "node_modules", ".bin", name);

/** Runs a command with its whole output in `<logs>/<name>.log`; each line is shown as progress. */
export async function run(
  { logs, progress }: GroupContext,
  name: string,
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Run> {
  await mkdir(logs, { recursive: true });
  const child = execa(command, args, {
    cwd: options.cwd ?? repoRoot,
    env: { NO_COLOR: "1", FORCE_COLOR: undefined, ...options.env },
    stdin: "ignore",
    all: true,
    reject: false,
    maxBuffer: 256 * 1024 * 1024,
  });
  for await (const line of child.iterable({ from: "all" })) {
    const text = stripVTControlCharacters(line).trim();
    // Reports in JSON are for programs.
    if (text !== "" && !text.startsWith("{")) progress.report(text.slice(0, 150));
  }
  const result = await child;
  const output = result.failed ? `${result.all}\n${result.shortMessage}` : result.all;
  await writeFile(join(logs, `${name}.log`), `$ ${[command, ...args].join(" ")}\n${output}\n`);
  return { failed: result.failed, output, stdout: result.stdout };
}

/** A check without tests of its own counts as one. */
export const countCheck = (name: string, { failed, output }: Run): Counts =>
  failed
    ? { passed: 0, failed: 1, skipped: 0, failures: [`${name}\n${lastLines(output, 30)}`] }
    : { passed: 1, failed: 0, skipped: 0, failures: [] };

/** Runs such a check. */
export async function check(
  context: GroupContext,
  command: string,
  args: readonly string[],
): Promise<Counts> {
  const name = basename(command);
  return countCheck(name, await run(context, name, command, args));
}
