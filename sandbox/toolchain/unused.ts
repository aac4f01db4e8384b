import { readdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";

/** Says that something in the cache is still of use. */
export async function markUsed(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now);
}

/**
 * Removes what nobody has used for a while. Not what only this checkout does not use: others share the cache, and may
 * be running from it just now.
 * @param keepFor milliseconds
 * @param names which entries of the folder; all by default
 */
export async function removeUnused(
  folder: string,
  keepFor: number,
  names: (name: string) => boolean = () => true,
): Promise<void> {
  for (const name of (await readdir(folder).catch(() => [])).filter(names)) {
    const path = join(folder, name);
    const used = await stat(path).catch(() => undefined);
    if (used && Date.now() - used.mtimeMs > keepFor) await rm(path, { recursive: true, force: true });
  }
}
