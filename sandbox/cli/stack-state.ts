import { access, readdir, readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { UserError } from "../lib/fail.ts";
import { repoRoot, stateDir } from "../lib/paths.ts";
import { explainFailure } from "../toolchain/diagnose.ts";

/** Where the sandbox keeps the stacks, unless the user has named a backend. */
const ownState = join(stateDir, "pulumi");
const ownBackend = `file://${ownState}`;

/** Whether the stacks are kept in the sandbox's own state. */
export const isOwnBackend = (env: NodeJS.ProcessEnv): boolean => env.PULUMI_BACKEND_URL === ownBackend;

const stackFile = (stack: string) => join(ownState, ".pulumi", "stacks", "ai-platform", `${stack}.json`);

/** In the sandbox's own state a stack is made when it is first used; a look at its file spares half a second. */
export async function createOwnStack(stack: string, env: NodeJS.ProcessEnv): Promise<void> {
  const exists = await access(stackFile(stack)).then(
    () => true,
    () => false,
  );
  if (exists) return;
  const result = await execa("pulumi", ["stack", "init", stack, "--no-select", "--non-interactive"], {
    cwd: repoRoot,
    env,
    extendEnv: false,
    reject: false,
    stdin: "ignore",
  });
  if (result.failed) throw explainFailure(`Creating the stack ${stack}`, result.stderr, [stateDir]);
}

const unfinishedSchema = z.looseObject({
  checkpoint: z.looseObject({
    latest: z.looseObject({ pending_operations: z.array(z.unknown()).nullish() }).nullish(),
  }),
});

/** Whether the sandbox's own state of a stack notes operations whose end no pulumi lived to see. */
export async function hasUnfinishedOperations(stack: string): Promise<boolean> {
  const text = await readFile(stackFile(stack), "utf8").catch(() => undefined);
  if (text === undefined) return false;
  const { checkpoint } = unfinishedSchema.parse(JSON.parse(text));
  return (checkpoint.latest?.pending_operations ?? []).length > 0;
}

const lockSchema = z.looseObject({ pid: z.number(), hostname: z.string() });

/**
 * A pulumi that was killed leaves its lock in the sandbox's state. The lock of a process that is gone is released.
 * @returns whether there was one, which means that the state may be behind the cluster
 */
export async function releaseStaleLock(stack: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const locks = join(ownState, ".pulumi", "locks");
  const files = await readdir(locks, { recursive: true }).catch(() => []);
  let stale = false;
  for (const file of files.filter((name) => name.endsWith(".json") && name.split("/").includes(stack))) {
    const lock = lockSchema.safeParse(JSON.parse(await readFile(join(locks, file), "utf8")));
    if (!lock.success || lock.data.hostname !== hostname()) continue;
    if (await isAlive(lock.data.pid)) {
      throw new UserError(`Another pulumi (process ${lock.data.pid}) is working on the stack ${stack}.`, [
        "Wait until it ends, then run the same command again.",
      ]);
    }
    stale = true;
  }
  if (stale) {
    await execa("pulumi", ["cancel", stack, "--yes", "--non-interactive"], {
      cwd: repoRoot,
      env,
      extendEnv: false,
      stdin: "ignore",
    });
  }
  return stale;
}

/**
 * A process that has the number of a killed pulumi but is another program does not count, nor does a dead one that
 * nobody has waited for: in a container whose first process is no init it stays a zombie for good.
 */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (stat !== undefined) return /^\d+ \(pulumi.*\) [^ZX] /s.test(stat);
  // Without /proc only the system can tell.
  return access("/proc/self").then(
    () => false,
    () => signals(pid),
  );
}

function signals(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
