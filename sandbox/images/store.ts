import { mkdir, readdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { cacheDir } from "../lib/paths.ts";

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

/** Says that something in the cache is still of use. */
export async function markUsed(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now);
}

/** Removes what earlier recipes have left, once nothing has used it for two weeks. */
export async function removeUnused(): Promise<void> {
  for (const folder of keyedFolders) {
    for (const name of await readdir(join(imagesDir, folder)).catch(() => [])) {
      const path = join(imagesDir, folder, name);
      if (Date.now() - (await stat(path)).mtimeMs > keepFor) await rm(path, { recursive: true, force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
