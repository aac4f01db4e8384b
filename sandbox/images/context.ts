import { createHash } from "node:crypto";
import { chmod, copyFile, mkdir, readdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

/** A build context as Docker sees it: the files of a folder without those that its .dockerignore names. */
export interface Context {
  readonly folder: string;
  /** Relative paths, sorted. */
  readonly files: readonly string[];
}

export async function readContext(folder: string): Promise<Context> {
  const ignored = ignoreRules(await readFile(join(folder, ".dockerignore"), "utf8").catch(() => ""));
  const files: string[] = [];
  const walk = async (path: string): Promise<void> => {
    for (const entry of await readdir(join(folder, path), { withFileTypes: true })) {
      const name = path === "" ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory() && !/^(\.git|node_modules|\.venv|__pycache__)$/.test(entry.name))
        await walk(name);
      else if (entry.isFile() && !ignored(name)) files.push(name);
    }
  };
  await walk("");
  return { folder, files: files.sort() };
}

/** Hash over names, modes and contents: what a COPY could bring into an image. */
export async function contextKey(context: Context): Promise<string> {
  const hash = createHash("sha256");
  for (const file of context.files) {
    const path = join(context.folder, file);
    hash.update(`${file}\0${(await mode(path)).toString(8)}\0`).update(await readFile(path));
  }
  return hash.digest("hex");
}

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

/** The rules of a .dockerignore: the last one that fits decides, `!` takes a file back in. */
export function ignoreRules(text: string): (path: string) => boolean {
  const rules = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const keep = line.startsWith("!");
      return { keep, pattern: pattern(line.slice(keep ? 1 : 0).replace(/^\/+|\/+$/g, "")) };
    });
  return (path) => {
    let ignored = false;
    for (const rule of rules) if (rule.pattern.test(path)) ignored = !rule.keep;
    return ignored;
  };
}

/** A pattern of .dockerignore or COPY; one that fits a folder fits everything below it. */
export function pattern(glob: string): RegExp {
  const source = glob
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map((part) => {
      if (part === "**/") return "(?:.*/)?";
      if (part === "**") return ".*";
      if (part === "*") return "[^/]*";
      if (part === "?") return "[^/]";
      return part.replace(/[.+^${}()|[\]\\]/g, "\\$&");
    })
    .join("");
  return new RegExp(`^${source}(?:/.*)?$`);
}
