import { mkdir, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { basename, join } from "node:path";
import { UserError } from "../lib/fail.ts";
import { cacheDir, stateDir } from "../lib/paths.ts";
import { goTool } from "../toolchain/go-tool.ts";

/** Something about this machine that stops the platform, and what to do about it. */
export interface Problem {
  problem: string;
  remedy: string[];
}

/** Fails with all problems at once, so that a person mends them in one go. */
export function failOn(problems: readonly Problem[]): void {
  const [only, ...more] = problems;
  if (!only) return;
  if (more.length === 0) throw new UserError(only.problem, only.remedy);
  const all = problems.map(({ problem, remedy }) => [`\n${problem}`, ...remedy.map((step) => `  - ${step}`)]);
  throw new UserError([`This machine has ${problems.length} problems:`, ...all.flat()].join("\n"));
}

/** Whether Go is there, where programs have to be built. */
export async function goProblems(): Promise<Problem[]> {
  try {
    await goTool();
    return [];
  } catch (error) {
    if (error instanceof UserError) return [{ problem: error.message, remedy: [...error.remedy] }];
    throw error;
  }
}

/** Whether the folders for the cache and the state can be written to. */
export async function folderProblems(): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const [folder, variable] of [
    [cacheDir, "AI_PLATFORM_CACHE"],
    [stateDir, "AI_PLATFORM_STATE"],
  ] as const) {
    const trial = join(folder, `.write-test-${process.pid}`);
    try {
      await mkdir(folder, { recursive: true });
      await writeFile(trial, Buffer.alloc(64 * 1024, 1));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const full = /ENOSPC|EDQUOT/.test(reason);
      problems.push({
        problem: full ? `The disk of ${folder} is full.` : `${folder} cannot be written to: ${reason}`,
        remedy: [
          `${full ? "Free some space there" : "Make it writable"}, or name another folder: ${variable}=/other/folder`,
        ],
      });
    } finally {
      await rm(trial, { force: true }).catch(() => undefined);
    }
  }
  return problems;
}

/** Whether something else listens on a port of 127.0.0.1. */
export async function portProblem(port: number, option: string): Promise<Problem[]> {
  const taken = await new Promise<boolean>((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(true);
      else if (error.code === "EACCES") resolve(true);
      else reject(error);
    });
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(false)));
  });
  if (!taken) return [];
  const owner = await listener(port);
  return [
    {
      problem: `Port ${port} on 127.0.0.1 is taken${owner ? ` by ${owner}` : ""}.`,
      remedy: [`Stop that program, or choose another port: npm start -- ${option} ${port + 1}`],
    },
  ];
}

/** Which process listens on a port: "nginx (process 123)". Only processes that this user may look into are found. */
export async function listener(port: number): Promise<string | undefined> {
  const inodes = new Set<string>();
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    const text = await readFile(table, "utf8").catch(() => "");
    for (const line of text.split("\n").slice(1)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      const listening = state === "0A";
      if (listening && inode && Number.parseInt(local?.split(":")[1] ?? "", 16) === port) inodes.add(inode);
    }
  }
  if (inodes.size === 0) return undefined;
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => "");
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode && inodes.has(inode)) {
        const [program = ""] = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0");
        return `${basename(program) || "a program"} (process ${pid})`;
      }
    }
  }
  return undefined;
}
