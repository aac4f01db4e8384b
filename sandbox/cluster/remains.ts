import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../lib/fail.ts";
import { cgroupFolders, processesIn, removeCgroup } from "./cgroups.ts";
import { type NodeProcess, type NodeProcesses, sendTo, signal, waitForEnd } from "./processes.ts";

/** What the end of killed processes may take, milliseconds: dozens of them, on a machine that may be short of everything. */
const endTimeout = 60_000;

/**
 * Ends what is left of a node: half of one (without its gate it stops by itself, if slowly) and its cgroups.
 * @param noted its two processes, where they are known
 * @param cgroup name of its cgroup
 */
export async function endNode(noted: NodeProcesses | undefined, cgroup: string): Promise<void> {
  if (noted) {
    await end(noted.init);
    // The gate ends by itself when its node has, and only it can take the dead node off the process table at once.
    if (!(await waitForEnd(noted.gate, 5000))) await end(noted.gate);
  }
  for (const folder of await cgroupFolders(cgroup)) {
    for (const pid of await processesIn(folder)) sendTo(pid, "SIGKILL");
    await removeEmptied(folder);
  }
}

async function end(remaining: NodeProcess): Promise<void> {
  await signal(remaining, "SIGKILL");
  if (!(await waitForEnd(remaining, endTimeout))) throw stillThere(`process ${remaining.pid}`);
}

/** The kernel empties a killed process's cgroup a moment after its end. */
async function removeEmptied(folder: string): Promise<void> {
  const until = Date.now() + endTimeout;
  for (;;) {
    try {
      return await removeCgroup(folder);
    } catch {
      if (Date.now() > until) throw stillThere(folder);
      await sleep(25);
    }
  }
}

const stillThere = (what: string): UserError =>
  new UserError(`What is left of the node does not end within ${endTimeout / 1000} s of its kill: ${what}`, [
    "Its processes may wait for a slow disk. Run the same command again in a while.",
  ]);
