import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { processesFile } from "./layout.ts";

/** A process as it is kept in a file. */
export const processSchema = z.object({ pid: z.number().int().positive(), startTime: z.string() });
const processesSchema = z.object({ gate: processSchema, init: processSchema, cgroup: z.string() });

/** A process by PID and start time: the PID alone may by now be another program's. */
export type NodeProcess = z.infer<typeof processSchema>;

/** The two processes of a node on the host: the gate, and PID 1 of the node's namespaces. */
export type NodeProcesses = z.infer<typeof processesSchema>;

/** The processes that the last start has noted; they may be gone. */
export const notedProcesses = (): Promise<NodeProcesses | undefined> => readProcesses(processesFile);

/** The same of any node, from its own file. */
export async function readProcesses(file: string): Promise<NodeProcesses | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = processesSchema.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : undefined;
}

export async function isAlive({ pid, startTime }: NodeProcess): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (stat === undefined) return false;
  const { state, started } = parseStat(stat);
  return state !== "Z" && started === startTime;
}

/** A running process by what tells it from a later one with its PID; undefined for one that is gone. */
export async function identify(pid: number): Promise<NodeProcess | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  const startTime = stat === undefined ? undefined : parseStat(stat).started;
  return startTime === undefined ? undefined : { pid, startTime };
}

/** Fields 3 and 22 of /proc/PID/stat. The second is the program's name in parentheses, which may hold spaces. */
export function parseStat(stat: string): { state: string | undefined; started: string | undefined } {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0], started: fields[19] };
}

/** Sends a signal to a process that is still the one noted. */
export async function signal(target: NodeProcess, name: NodeJS.Signals): Promise<void> {
  if (await isAlive(target)) sendTo(target.pid, name);
}

/** Sends a signal to a process that may end at any moment. */
export function sendTo(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** Waits for the end of a process, which is not a child of this one. */
export async function waitForEnd(target: NodeProcess, milliseconds: number): Promise<boolean> {
  const until = Date.now() + milliseconds;
  while (await isAlive(target)) {
    if (Date.now() > until) return false;
    await sleep(25);
  }
  return true;
}
