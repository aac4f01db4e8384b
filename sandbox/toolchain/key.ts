import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";

/** Folders and files that no Go build reads, so that editing them rebuilds nothing. */
const ignoredFolders = new Set(["node_modules", "testdata", ".git"]);
const ignoredFiles = /(_test\.go|\.ts|\.md)$/;

/** The files of a Go module that can end up in a program (sources, embedded files, go.mod, go.sum), sorted. */
export async function moduleFiles(moduleDir: string): Promise<string[]> {
  const files: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true });
    // A folder with a go.mod of its own is another module.
    if (folder !== moduleDir && entries.some(({ name }) => name === "go.mod")) return;
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && !ignoredFolders.has(entry.name)) await walk(path);
      else if (entry.isFile() && !ignoredFiles.test(entry.name)) files.push(path);
    }
  };
  await walk(moduleDir);
  return files.sort();
}

/** Folders that a go.mod takes modules from by a relative `replace`. */
export function localReplacements(goMod: string): string[] {
  return [...goMod.matchAll(/=>\s*(\.{1,2}\/\S+)/g)]
    .map((match) => match[1] ?? "")
    .filter((path) => path !== "");
}

/**
 * A key that changes exactly when the built program may change.
 * @param inputs everything besides the sources: package, flags, environment, version of Go
 */
export async function contentKey(moduleDir: string, inputs: unknown): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify(inputs));
  const goMod = await readFile(join(moduleDir, "go.mod"), "utf8");
  const folders = [moduleDir, ...localReplacements(goMod).map((path) => join(moduleDir, path))];
  for (const folder of folders) {
    for (const file of await moduleFiles(folder)) {
      // Relative names: two checkouts of the same sources share one build.
      hash.update(`\0${relative(moduleDir, file)}\0`).update(await readFile(file));
    }
  }
  return hash.digest("hex").slice(0, 20);
}
