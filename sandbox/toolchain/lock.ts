import { readFileSync, rmSync } from "node:fs";
import { link, mkdir, unlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

const ownerSchema = z.object({
  pid: z.number().int().positive(),
  /** Kernel start time of the process, in clock ticks: tells a living owner from a reused pid. */
  started: z.string(),
  /** What the owner is doing, for messages: "npm start". */
  purpose: z.string(),
  /** When the lock was taken, ISO 8601. */
  since: z.string(),
});

export type LockOwner = z.infer<typeof ownerSchema>;

const held = new Set<string>();
process.on("exit", () => {
  for (const path of held) rmSync(path, { force: true });
});

/**
 * Takes the lock at `path` if it is free or left behind by a process that is gone.
 * @returns the living owner when someone else holds it
 */
export async function tryLock(path: string, purpose: string): Promise<LockOwner | undefined> {
  await mkdir(dirname(path), { recursive: true });
  const mine = `${path}.${process.pid}`;
  const owner: LockOwner = {
    pid: process.pid,
    started: startTime(process.pid) ?? "",
    purpose,
    since: new Date().toISOString(),
  };
  // Linked into place with its content: nobody ever reads a lock that is half written.
  await writeFile(mine, JSON.stringify(owner));
  try {
    for (;;) {
      try {
        await link(mine, path);
        held.add(path);
        return undefined;
      } catch (error) {
        if (!hasCode(error, "EEXIST")) throw error;
      }
      const other = lockOwner(path);
      if (other) return other;
      await unlink(path).catch(() => undefined);
    }
  } finally {
    await unlink(mine).catch(() => undefined);
  }
}

/** Gives a lock back. Locks still held at exit are given back by themselves. */
export function unlock(path: string): void {
  held.delete(path);
  rmSync(path, { force: true });
}

/** The living process that holds the lock, if any. */
export function lockOwner(path: string): LockOwner | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
  const parsed = ownerSchema.safeParse(safeJson(text));
  if (!parsed.success) return undefined;
  return startTime(parsed.data.pid) === parsed.data.started ? parsed.data : undefined;
}

/** Runs `work` while holding the lock, waiting for whoever holds it now. */
export async function withLock<T>(
  path: string,
  purpose: string,
  waiting: (owner: LockOwner) => void,
  work: () => Promise<T>,
): Promise<T> {
  for (let owner = await tryLock(path, purpose); owner; owner = await tryLock(path, purpose)) {
    waiting(owner);
    await sleep(500);
  }
  try {
    return await work();
  } finally {
    unlock(path);
  }
}

/** Field 22 of /proc/PID/stat; undefined for a process that is gone or a zombie. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** True for a Node.js system error of this code. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
