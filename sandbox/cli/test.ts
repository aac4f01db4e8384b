import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../lib/fail.ts";
import { stateDir } from "../lib/paths.ts";
import pc from "./colors.ts";
import { writeLog } from "./log.ts";
import { UsageError, unknown } from "./options.ts";
import { formatProblem } from "./problem.ts";
import { interruptedBy } from "./signals.ts";
import { liveLine } from "./tasks.ts";
import { add, type Counts, closingLine, none } from "./testing/counts.ts";
import { type Group, groups } from "./testing/groups.ts";

/** `npm test`: exit code 0 only when something ran and nothing failed. */
export async function test(options: { verbose: boolean }, names: readonly string[]): Promise<number> {
  const known = Object.keys(groups);
  for (const name of names) {
    if (!known.includes(name)) throw new UsageError(unknown(`test: unknown group ${name}`, name, known));
  }
  const logs = join(stateDir, "logs", "test");
  await rm(logs, { recursive: true, force: true });
  await mkdir(logs, { recursive: true });

  let total = none();
  for (const [name, group] of Object.entries(groups)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const started = Date.now();
    const counts = await runGroup(group, join(logs, name), `${name}: ${group.summary}`, options.verbose);
    if (interruptedBy()) await new Promise<never>(() => undefined);
    total = add(total, counts);
    console.log(groupLine(name, group.summary, counts, (Date.now() - started) / 1000));
    for (const failure of counts.failures.slice(0, 10)) console.log(pc.red(failure));
    if (counts.failures.length > 10) console.log(`    and ${counts.failures.length - 10} more`);
    if (counts.failed > 0) console.log(`    all of it: ${join(logs, name)}`);
  }
  console.log(`\n${closingLine(total)}`);
  return total.failed > 0 || total.passed === 0 ? 1 : 0;
}

/** A group that cannot run is a failed group: the others still run. */
async function runGroup(group: Group, logs: string, title: string, verbose: boolean): Promise<Counts> {
  const line = liveLine(title, verbose);
  try {
    return await group.run({ logs, progress: line.progress });
  } catch (error) {
    const text =
      error instanceof UserError
        ? formatProblem(error.message, error.remedy)
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error);
    writeLog(text);
    return { passed: 0, failed: 1, skipped: 0, failures: [text] };
  } finally {
    line.end();
  }
}

function groupLine(
  name: string,
  summary: string,
  { passed, failed, skipped }: Counts,
  seconds: number,
): string {
  const mark = failed > 0 ? pc.red("✖") : passed > 0 ? pc.green("✔") : pc.yellow("-");
  const counts = [`${passed} passed`, `${failed} failed`, ...(skipped > 0 ? [`${skipped} skipped`] : [])];
  return `${mark} ${name.padEnd(7)} ${counts.join(", ")}, ${seconds.toFixed(1)} s  ${pc.dim(summary)}`;
}
