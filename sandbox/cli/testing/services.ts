import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { repoRoot } from "../../lib/paths.ts";
import { add, type Counts, countJunit, none } from "./counts.ts";
import { serviceEnvironment } from "./python.ts";
import { countCheck, type GroupContext, run } from "./run.ts";

/** The service that has what the examples import: its checks read them too. */
const checksExamples = "experiments";

/** Checks that count as one test each. */
const checksOf = (checked: readonly string[]): Readonly<Record<string, readonly string[]>> => ({
  "ruff check": ["ruff", "check", ...checked],
  "ruff format": ["ruff", "format", "--check", ...checked],
  mypy: ["mypy", ...checked],
});

/** Lint, format, types and tests of every service under services/. */
export async function testServices(context: GroupContext): Promise<Counts> {
  let counts = none();
  for (const entry of await readdir(join(repoRoot, "services"), { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name.startsWith(".")) continue;
    counts = add(counts, await testService(context, entry.name));
  }
  return counts;
}

async function testService(context: GroupContext, name: string): Promise<Counts> {
  const cwd = join(repoRoot, "services", name);
  const { python, env } = await serviceEnvironment(name, cwd, context.progress);
  const module = (log: string, args: readonly string[]) =>
    run(context, `${name}-${log}`, python, ["-m", ...args], { cwd, env });
  const checked = name === checksExamples ? [".", "../../examples"] : ["."];
  let counts = none();
  for (const [title, args] of Object.entries(checksOf(checked))) {
    const result = await module(title.replace(" ", "-"), args);
    counts = add(counts, countCheck(`${name}: ${title}`, result));
  }
  const report = join(context.logs, `${name}-junit.xml`);
  const tests = await module("pytest", ["pytest", "-q", `--junitxml=${report}`]);
  const xml = await readFile(report, "utf8").catch(() => undefined);
  const counted = xml === undefined ? none() : countJunit(xml);
  counts = add(counts, counted);
  return tests.failed && counted.failed === 0 ? add(counts, countCheck(`${name}: pytest`, tests)) : counts;
}
