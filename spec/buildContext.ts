import { createHash, type Hash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

/** A build context as Docker sees it: the files of a folder without those that its .dockerignore names. */
export interface Context {
  readonly folder: string;
  /** Relative paths, sorted. */
  readonly files: readonly string[];
}

/** What an image is built from, and what makes it another image. */
export interface BuildSource {
  /** The folder with the Dockerfile, as Docker finds it. */
  readonly folder: string;
  /** Other folders that the Dockerfile takes files from, by the names that it has for them. */
  readonly contexts: Readonly<Record<string, string>>;
  /** See `contextHash`; with other folders, over the hash of each. */
  readonly hash: string;
}

/** Folders that no context of ours has: `.dockerignore` must name them too where they may lie, for Docker's sake. */
const neverSent = /^(\.git|node_modules|\.venv|__pycache__)$/;

export async function readContext(folder: string): Promise<Context> {
  const ignored = ignoreRules(await readFile(join(folder, ".dockerignore"), "utf8").catch(() => ""));
  const files: string[] = [];
  const walk = async (path: string): Promise<void> => {
    for (const entry of await readdir(join(folder, path), { withFileTypes: true })) {
      const name = path === "" ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory() && !neverSent.test(entry.name)) await walk(name);
      else if (entry.isFile() && !ignored(name)) files.push(name);
    }
  };
  await walk("");
  return { folder, files: files.sort() };
}

/**
 * SHA-256 over the Dockerfile and the context's files: what could make an image another one.
 * @throws Error for a folder without a Dockerfile
 */
export async function contextHash(context: Context): Promise<string> {
  return hashed(context, createHash("sha256").update(await readFile(join(context.folder, "Dockerfile"))));
}

/** The same over a folder that a Dockerfile elsewhere takes files from. */
export async function filesHash(context: Context): Promise<string> {
  return hashed(context, createHash("sha256"));
}

/** Names, modes and contents: Docker keeps modes, so a checkout with another umask has another hash. */
async function hashed({ files, folder }: Context, hash: Hash): Promise<string> {
  for (const file of files) {
    const path = join(folder, file);
    const mode = (await stat(path)).mode & 0o777;
    hash.update(`\0${file}\0${mode.toString(8)}\0`).update(await readFile(path));
  }
  return hash.digest("hex");
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
