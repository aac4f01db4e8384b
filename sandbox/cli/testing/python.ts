import { createHash } from "node:crypto";
import { access, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { UserError } from "../../lib/fail.ts";
import { cacheDir } from "../../lib/paths.ts";
import type { Progress } from "../../lib/progress.ts";
import { ensurePackages } from "../../toolchain/debian.ts";
import { explainFailure } from "../../toolchain/diagnose.ts";
import { hasCode, withLock } from "../../toolchain/lock.ts";
import { markUsed, removeUnused } from "../../toolchain/unused.ts";

/** In order of preference: the requirements for development hold those of the service too. */
const lockFiles = ["requirements-dev.lock", "requirements.lock"];

/** How long an environment that no checkout has used stays, milliseconds: half a gigabyte, and made anew in minutes. */
const keepFor = 24 * 3600 * 1000;

/**
 * A virtual environment with exactly a service's locked requirements, hashes verified, kept in the cache by content.
 * @returns its python, and the environment to run it in
 */
export async function serviceEnvironment(
  name: string,
  folder: string,
  progress: Progress,
): Promise<{ python: string; env: Record<string, string> }> {
  const lock = await firstThatExists(lockFiles.map((file) => join(folder, file)));
  const version = await pythonVersion();
  const hash = createHash("sha256").update(version);
  hash.update("\0").update(await readFile(lock));
  const venv = join(cacheDir, "venv", `${name}-${hash.digest("hex").slice(0, 20)}`);
  const python = join(venv, "bin", "python");
  const env = { PYTHONDONTWRITEBYTECODE: "1" };
  const done = join(venv, ".complete");
  if (await exists(done)) {
    await markUsed(venv);
    return { python, env };
  }

  await withLock(
    `${venv}.lock`,
    `installing the requirements of ${name}`,
    (owner) => progress.report(`waiting for process ${owner.pid}, which installs them already`),
    async () => {
      if (await exists(done)) return;
      await rm(venv, { recursive: true, force: true });
      progress.report(`creating a virtual environment for ${name}`);
      await createVenv(venv, progress);
      const install = execa(
        python,
        [
          "-m",
          "pip",
          "install",
          "--no-input",
          "--progress-bar=off",
          "--require-hashes",
          "--no-deps",
          "-r",
          lock,
        ],
        { reject: false, stdin: "ignore", all: true },
      );
      for await (const line of install.iterable({ from: "all" })) progress.report(line.trim().slice(0, 120));
      const result = await install;
      if (result.failed) throw explainFailure(`Installing the requirements of ${name}`, result.all);
      await writeFile(done, "");
      const ours = (entry: string) => entry.startsWith(`${name}-`) && !entry.endsWith(".lock");
      await removeUnused(dirname(venv), keepFor, ours);
    },
  );
  return { python, env };
}

async function createVenv(venv: string, progress: Progress): Promise<void> {
  const create = () => execa("python3", ["-m", "venv", venv], { reject: false });
  let result = await create();
  if (result.failed && /ensurepip|python3-venv/.test(`${result.stdout}${result.stderr}`)) {
    // Debian ships the module apart.
    await ensurePackages(["python3-venv"], progress);
    await rm(venv, { recursive: true, force: true });
    result = await create();
  }
  if (result.failed)
    throw explainFailure("Creating a virtual environment", `${result.stdout}\n${result.stderr}`);
}

async function pythonVersion(): Promise<string> {
  const result = await execa("python3", ["--version"], { reject: false });
  if (hasCode(result.cause, "ENOENT")) {
    throw new UserError("python3 is not installed: the services' tests need it.", [
      "Install it: apt-get install python3 python3-venv",
    ]);
  }
  return result.stdout;
}

async function firstThatExists(paths: readonly string[]): Promise<string> {
  for (const path of paths) if (await exists(path)) return path;
  throw new Error(`none of these files exists: ${paths.join(", ")}`);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
