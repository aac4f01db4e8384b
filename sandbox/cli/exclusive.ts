import { join } from "node:path";
import { UserError } from "../lib/fail.ts";
import { stateDir } from "../lib/paths.ts";
import { tryLock, unlock } from "../toolchain/lock.ts";

const lockPath = join(stateDir, "platform.lock");

/** Runs work that changes the local platform. Fails when another process is doing so. */
export async function exclusively<T>(purpose: string, work: () => Promise<T>): Promise<T> {
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
