import { z } from "zod";
import { UserError } from "../lib/fail.ts";
import pc from "./colors.ts";
import type { Command } from "./command.ts";
import { commands } from "./commands.ts";
import { logFile, openLog, writeLog } from "./log.ts";
import { UsageError, unknown } from "./options.ts";
import { formatProblem } from "./problem.ts";
import { handleSignals, interruptedBy } from "./signals.ts";

/** Runs one command line. Returns the exit code: 0 well, 1 failed, 2 not understood. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const [name, ...rest] = args;
    if (name === undefined || name === "help" || name === "--help" || name === "-h") {
      console.log(usage());
      return 0;
    }
    const command = commands[name];
    if (!command) throw new UsageError(unknown(`Unknown command ${name}`, name, Object.keys(commands)));
    return await runCommand(name, command, rest);
  } catch (error) {
    return await report(error);
  }
}

async function runCommand(name: string, command: Command, args: string[]): Promise<number> {
  // Arguments of a pass-through command are not ours to read.
  if (args[0] === "--help" || args[0] === "-h") {
    console.log(command.help);
    return 0;
  }
  const run = command.parse(name, args);
  openLog(name);
  handleSignals(command.interrupted);
  return run();
}

/** Prints what a person needs to know about a failure, and nothing else. */
async function report(error: unknown): Promise<number> {
  // The signal handler says what is to be said, and ends the process.
  if (interruptedBy()) await new Promise<never>(() => undefined);
  const cause = error instanceof Error ? error : new Error(String(error));
  writeLog(cause.stack ?? cause.message);
  if (cause instanceof UsageError) {
    console.error(pc.red(cause.message));
    return 2;
  }
  if (cause instanceof UserError) {
    console.error(formatProblem(cause.message, cause.remedy));
    return 1;
  }
  console.error(
    pc.red(`This is a bug: ${cause instanceof z.ZodError ? z.prettifyError(cause) : cause.message}`),
  );
  const log = logFile();
  console.error(log ? `The whole story is in ${log}: please report it with that file.` : (cause.stack ?? ""));
  return 1;
}

function usage(): string {
  const width = Math.max(...Object.values(commands).map(({ call }) => call.length));
  const lines = Object.values(commands).map(({ call, summary }) => `  ${call.padEnd(width)}  ${summary}`);
  return ["Usage:", ...lines, "", "Options come after --, and --help lists them: npm start -- --help"].join(
    "\n",
  );
}
