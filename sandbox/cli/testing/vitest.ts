import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { add, type Counts, countVitest } from "./counts.ts";
import { countCheck, type GroupContext, npmProgram, run } from "./run.ts";

/** Runs vitest with these arguments and counts its tests. */
export async function vitest(
  context: GroupContext,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Counts> {
  const report = join(context.logs, "vitest.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const result = await run(
    context,
    "vitest",
    npmProgram("vitest"),
    ["run", "--passWithNoTests", ...reporters, ...args],
    { env },
  );
  const json = await readFile(report, "utf8").catch(() => undefined);
  if (json === undefined) return countCheck("vitest", { ...result, failed: true });
  const counts = countVitest(json);
  // An error outside any test (an unhandled rejection) fails the run without failing a test.
  return result.failed && counts.failed === 0 ? add(counts, countCheck("vitest", result)) : counts;
}
