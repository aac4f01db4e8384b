import { appendFileSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { stateDir } from "../lib/paths.ts";

let file: string | undefined;

/** Starts the log of a command; the one before is kept beside it as `<name>.previous.log`. */
export function openLog(name: string): void {
  const path = join(stateDir, "logs", `${name}.log`);
  try {
    mkdirSync(join(stateDir, "logs"), { recursive: true });
    renameSync(path, join(stateDir, "logs", `${name}.previous.log`));
  } catch {
    // First run, or a full or read-only disk: what matters is said on the terminal too.
  }
  file = path;
  writeLog(`${name}, ${process.version}, ${process.platform}-${process.arch}`);
}

/** Adds a line to the open log, if any. Never fails: a full disk must not hide the error that is being logged. */
export function writeLog(line: string): void {
  if (!file) return;
  try {
    appendFileSync(file, `${new Date().toISOString()} ${stripVTControlCharacters(line)}\n`);
  } catch {
    file = undefined;
  }
}

/** Where the log of this command is, if it could be written. */
export const logFile = (): string | undefined => file;
