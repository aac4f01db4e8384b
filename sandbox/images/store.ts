import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheDir } from "../lib/paths.ts";
import { removeUnused } from "../toolchain/unused.ts";

export { markUsed } from "../toolchain/unused.ts";

/** Everything that image builds keep: downloads, unpacked bases, finished archives. */
export const imagesDir = join(cacheDir, "images");

const workDir = join(imagesDir, "work");

/** A fresh folder for unfinished work, on the same disk as its final place. */
export async function makeWorkDir(name: string): Promise<string> {
  const folder = join(workDir, `${process.pid}-${name}-${Date.now().toString(36)}`);
  await mkdir(folder, { recursive: true });
  return folder;
}

/** Removes what killed builds left behind. Their mounts and processes went with their namespaces. */
export async function removeStaleWork(): Promise<void> {
  for (const name of await readdir(workDir).catch(() => [])) {
    const pid = Number(name.split("-", 1)[0]);
    if (!isAlive(pid)) await rm(join(workDir, name), { recursive: true, force: true });
  }
}

/** Folders whose entries are each named by a key, and can be made again. */
const keyedFolders = ["archives", "bases", "wheels", "npm"];

/** Time after which an entry that no checkout has asked for may go. */
const keepFor = 14 * 24 * 3600 * 1000;

/** Removes what earlier recipes have left, once nothing has used it for two weeks. */
export async function removeUnusedInputs(): Promise<void> {
  for (const folder of keyedFolders) await removeUnused(join(imagesDir, folder), keepFor);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
