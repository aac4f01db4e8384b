import { chmod, copyFile, mkdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Context } from "../../spec/buildContext.ts";

/** Copies the context's files to a folder, with modes that do not depend on the umask of a checkout. */
export async function copyContext(context: Context, target: string): Promise<void> {
  for (const file of context.files) {
    const to = join(target, file);
    await mkdir(dirname(to), { recursive: true });
    await copyFile(join(context.folder, file), to);
    await chmod(to, await mode(join(context.folder, file)));
  }
}

async function mode(path: string): Promise<number> {
  return ((await stat(path)).mode & 0o111) === 0 ? 0o644 : 0o755;
}
