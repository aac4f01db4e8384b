import { access, mkdir, rename, rm, symlink } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { execa } from "execa";
import { UserError } from "../lib/fail.ts";
import { binDir, cacheDir, repoRoot } from "../lib/paths.ts";
import type { Progress } from "../lib/progress.ts";
import { explainFailure } from "./diagnose.ts";
import { downloadModules } from "./go-modules.ts";
import { type GoTool, goEnvironment, goTool, requireGoVersion } from "./go-tool.ts";
import { contentKey } from "./key.ts";
import { withLock } from "./lock.ts";
import { markUsed, removeUnused } from "./unused.ts";

/** A program that the sandbox builds from source. */
export interface GoProgram {
  /** Name of the executable. */
  name: string;
  /** Folder of the go.mod, absolute or relative to the repository. */
  moduleDir: string;
  /** Package of the main function: an import path or "./cmd/x" inside the module. */
  package: string;
  /** More linker flags, such as `-X path.Version=v1`. `-s -w` (no debug tables, a third smaller) is always given. */
  ldflags?: string;
  /** Build tags. Default: none. */
  tags?: readonly string[];
  /** More environment for the build. Changing it gives another build. */
  env?: Record<string, string>;
}

/** How long a build that no checkout has used stays, milliseconds. */
const keepFor = 24 * 3600 * 1000;

/**
 * Builds a program unless exactly this one is in the cache.
 * @returns `<binDir>/<name>`, a link to the file in the cache
 */
export async function buildGo(program: GoProgram, progress: Progress): Promise<string> {
  const tool = await goTool();
  const { moduleDir, folder } = await locate(tool, program);
  const file = join(folder, program.name);
  if (!(await exists(file))) {
    await requireGoVersion(tool, moduleDir);
    await withLock(
      join(cacheDir, "locks", `go-${program.name}`),
      `building ${program.name}`,
      (owner) => progress.report(`waiting for process ${owner.pid}, which builds it already`),
      async () => {
        if (!(await exists(file))) await compile(tool, program, moduleDir, folder, progress);
      },
    );
  }
  await markUsed(folder);
  const link = join(binDir, program.name);
  await pointTo(link, file);
  await removeUnused(dirname(folder), keepFor, (name) => !name.endsWith(".unfinished"));
  return link;
}

async function locate(tool: GoTool, program: GoProgram): Promise<{ moduleDir: string; folder: string }> {
  const moduleDir = resolve(repoRoot, program.moduleDir);
  const { package: main, ldflags, tags, env } = program;
  const built = [tool.version, tool.platform, goEnvironment, main, ldflags, env, ...(tags ? [tags] : [])];
  const key = await contentKey(moduleDir, built);
  return { moduleDir, folder: join(cacheDir, "go", program.name, key) };
}

async function compile(
  tool: GoTool,
  program: GoProgram,
  moduleDir: string,
  folder: string,
  progress: Progress,
): Promise<void> {
  const tags = program.tags ? [`-tags=${program.tags.join(",")}`] : [];
  await downloadModules(tool, moduleDir, [...tags, program.package], progress);
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  const options = { cwd: moduleDir, env: { ...goEnvironment, ...program.env } };

  progress.report("counting packages");
  const listed = await execa(
    tool.command,
    ["list", "-deps", "-f", "{{if .Stale}}{{.ImportPath}}{{end}}", ...tags, program.package],
    { ...options, reject: false },
  );
  if (listed.failed) throw explainFailure(`Building ${program.name}`, listed.stderr, writtenTo(tool));
  const waiting = new Set(listed.stdout.split("\n").filter((line) => line !== ""));
  const total = waiting.size;

  const started = Date.now();
  const show = () => {
    const done = total - waiting.size;
    const step = waiting.size <= 1 ? "linking" : `${done} of ${total} packages`;
    progress.report(`${step}, ${Math.round((Date.now() - started) / 1000)} s`);
  };
  const ticker = setInterval(show, 1000);
  try {
    const child = execa(
      tool.command,
      [
        "build",
        "-v",
        "-o",
        join(unfinished, program.name),
        `-ldflags=-s -w ${program.ldflags ?? ""}`,
        ...tags,
        program.package,
      ],
      { ...options, reject: false },
    );
    const complaints: string[] = [];
    for await (const line of child.iterable({ from: "stderr" })) {
      if (waiting.delete(line)) show();
      else complaints.push(line);
    }
    const result = await child;
    if (result.isTerminated) throw new UserError(`Building ${program.name} was stopped (${result.signal}).`);
    if (result.failed)
      throw explainFailure(`Building ${program.name}`, complaints.join("\n"), writtenTo(tool));
    await rename(unfinished, folder);
  } finally {
    clearInterval(ticker);
    await rm(unfinished, { recursive: true, force: true });
  }
}

const writtenTo = (tool: GoTool): string[] => [
  cacheDir,
  tool.buildCache,
  tool.moduleCache,
  process.env.TMPDIR ?? "/tmp",
];

/** Puts the link in place in one step, so that a running start never finds it missing. */
async function pointTo(link: string, file: string): Promise<void> {
  await mkdir(dirname(link), { recursive: true });
  const fresh = `${link}.${process.pid}`;
  await rm(fresh, { force: true });
  await symlink(relative(dirname(link), file), fresh);
  await rename(fresh, link);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
