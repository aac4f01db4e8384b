import { join } from "node:path";
import { UserError } from "../lib/fail.ts";
import { stateDir } from "../lib/paths.ts";
import { tryLock, unlock } from "../toolchain/lock.ts";

/** Locks by what they are for, in the state folder. */
const locks = { platform: "platform.lock", aws: "aws.lock" } as const;

/** Whether a file of the state folder is the lock of a command that is running. */
export const isLock = (name: string): boolean => Object.values<string>(locks).includes(name);

/**
 * Runs work that changes the local platform, or the simulated AWS. Fails when another process is doing so.
 * @param purpose the command, for whoever is refused meanwhile
 */
export async function exclusively<T>(
  purpose: string,
  work: () => Promise<T>,
  what: keyof typeof locks = "platform",
): Promise<T> {
  const lockPath = join(stateDir, locks[what]);
  const owner = await tryLock(lockPath, purpose);
  if (owner) {
    throw new UserError(`${owner.purpose} is running already: process ${owner.pid}, since ${owner.since}.`, [
      `Wait until it ends, or stop it: kill ${owner.pid}`,
      "What it does: npm run status",
    ]);
  }
  try {
    return await work();
  } finally {
    unlock(lockPath);
  }
}
