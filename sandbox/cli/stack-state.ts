import { access, readdir, readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { UserError } from "../lib/fail.ts";
import { repoRoot, stateDir } from "../lib/paths.ts";
import { explainFailure } from "../toolchain/diagnose.ts";

/** A project whose stacks are kept in a folder. */
export interface KeptStacks {
  /** Folder of Pulumi.yaml. */
  readonly project: string;
  /** The backend's folder. */
  readonly state: string;
}

/** Where the sandbox keeps the stacks, unless the user has named a backend. */
const own: KeptStacks = { project: repoRoot, state: join(stateDir, "pulumi") };
/** The same, as Pulumi names it. */
export const ownBackend = `file://${own.state}`;

/** Whether the stacks are kept in the sandbox's own state. */
export const isOwnBackend = (env: NodeJS.ProcessEnv): boolean => env.PULUMI_BACKEND_URL === ownBackend;

/** The file of a stack's state. */
export const stateFile = (stack: string, { state }: KeptStacks = own) =>
  join(state, ".pulumi", "stacks", "ai-platform", `${stack}.json`);

/** In a state of the sandbox a stack is made when it is first used; a look at its file spares half a second. */
export async function createOwnStack(stack: string, env: NodeJS.ProcessEnv, kept = own): Promise<void> {
  const exists = await access(stateFile(stack, kept)).then(
    () => true,
    () => false,
  );
  if (exists) return;
  const result = await execa("pulumi", ["stack", "init", stack, "--no-select", "--non-interactive"], {
    cwd: kept.project,
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
  const text = await readFile(stateFile(stack), "utf8").catch(() => undefined);
  if (text === undefined) return false;
  const { checkpoint } = unfinishedSchema.parse(JSON.parse(text));
  return (checkpoint.latest?.pending_operations ?? []).length > 0;
}

const lockSchema = z.looseObject({ pid: z.number(), hostname: z.string() });

/**
 * A pulumi that was killed leaves its lock in a state of the sandbox. The lock of a process that is gone is released.
 * @returns whether there was one, which means that the state may be behind the cluster
 */
export async function releaseStaleLock(stack: string, env: NodeJS.ProcessEnv, kept = own): Promise<boolean> {
  const locks = join(kept.state, ".pulumi", "locks");
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
      cwd: kept.project,
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
