import { readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { writeLog } from "./log.ts";

/** How long children get to end by themselves after each signal, seconds. Pulumi saves its state meanwhile. */
const patience: [NodeJS.Signals, number][] = [
  ["SIGINT", 10],
  ["SIGTERM", 5],
  ["SIGKILL", 2],
];

let received: NodeJS.Signals | undefined;

/** The signal that ends this run, if one came. */
export const interruptedBy = (): NodeJS.Signals | undefined => received;

/**
 * On SIGINT, SIGTERM and SIGHUP: stops all children, says how to go on, exits with 128 + the signal's number.
 * A second SIGINT does not wait.
 */
export function handleSignals(advice: string): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (received) {
        signalAll(descendants(), "SIGKILL");
        return;
      }
      received = signal;
      void stopAndExit(signal, advice);
    });
  }
}

async function stopAndExit(signal: NodeJS.Signals, advice: string): Promise<void> {
  writeLog(`received ${signal}`);
  const say = (text: string) => process.stderr.write(`${text}\n`);
  if (descendants().length > 0) say("\nInterrupted: stopping what is running (once more to stop at once)");
  // A terminal has sent Ctrl-C to the children too, and Pulumi takes a second one as an order to drop everything.
  let alreadySent = signal === "SIGINT" && process.stdin.isTTY;
  for (const [next, seconds] of patience) {
    if (!alreadySent) signalAll(descendants(), next);
    alreadySent = false;
    if (await gone(seconds)) break;
  }
  process.stderr.write(process.stderr.isTTY ? "\x1b[?25h" : "");
  say(`\nStopped. ${advice}`);
  process.exit(128 + constants.signals[signal]);
}

async function gone(seconds: number): Promise<boolean> {
  for (const until = Date.now() + seconds * 1000; Date.now() < until; await sleep(100)) {
    if (descendants().length === 0) return true;
  }
  return descendants().length === 0;
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended meanwhile.
    }
  }
}

interface Entry {
  pid: number;
  parent: number;
  session: number;
  state: string;
}

/** Living processes below this one in its own session. Daemons have a session of their own and are meant to stay. */
export function descendants(): number[] {
  const entries = processes();
  const session = entries.find(({ pid }) => pid === process.pid)?.session;
  const found: number[] = [];
  const parents = new Set([process.pid]);
  for (let size = 0; size !== parents.size; ) {
    size = parents.size;
    for (const { pid, parent } of entries) if (parents.has(parent)) parents.add(pid);
  }
  for (const entry of entries) {
    const below = entry.pid !== process.pid && parents.has(entry.pid);
    if (below && entry.session === session && entry.state !== "Z") found.push(entry.pid);
  }
  return found;
}

function processes(): Entry[] {
  let names: string[];
  try {
    names = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return []; // Not Linux: the terminal's own signal to the process group has to do.
  }
  return names.flatMap((name) => {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const [state = "", parent, , session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return [{ pid: Number(name), parent: Number(parent), session: Number(session), state }];
    } catch {
      return [];
    }
  });
}
