import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile, rmdir } from "node:fs/promises";
import { join } from "node:path";

/** Where the kernel's cgroup hierarchies are mounted. */
export const cgroupMounts = "/sys/fs/cgroup";

/** The cgroup of a state folder, the same in every hierarchy. The node derives the same name from the same folder. */
export const cgroupName = (stateDir: string): string =>
  `ai-platform-${createHash("sha256").update(stateDir).digest("hex").slice(0, 8)}`;

/** "v2" for the unified hierarchy alone; a hybrid host counts as v1, as its controllers are there. */
export function cgroupVersion(mounts = cgroupMounts): "v1" | "v2" | "none" {
  if (existsSync(join(mounts, "cgroup.controllers"))) return "v2";
  return existsSync(join(mounts, "memory", "cgroup.procs")) ? "v1" : "none";
}

/** The folders of a cgroup in all hierarchies. */
export async function cgroupFolders(name: string, mounts = cgroupMounts): Promise<string[]> {
  const entries = await readdir(mounts, { withFileTypes: true }).catch(() => []);
  const hierarchies = [
    mounts,
    ...entries.filter((entry) => entry.isDirectory()).map((entry) => join(mounts, entry.name)),
  ];
  return hierarchies.map((hierarchy) => join(hierarchy, name)).filter((folder) => existsSync(folder));
}

/** Every process in a cgroup and below it. */
export async function processesIn(folder: string): Promise<number[]> {
  const own = (await readFile(join(folder, "cgroup.procs"), "utf8").catch(() => "")).split("\n");
  const below = await Promise.all((await subfolders(folder)).map(processesIn));
  return [...own.filter((line) => line !== "").map(Number), ...below.flat()];
}

/** Removes a cgroup from its leaves up: the files in it go with it and cannot be removed themselves. */
export async function removeCgroup(folder: string): Promise<void> {
  for (const child of await subfolders(folder)) await removeCgroup(child);
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}

async function subfolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
}
