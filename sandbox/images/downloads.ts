import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { execa } from "execa";
import { z } from "zod";
import { UserError } from "../lib/fail.ts";
import type { Progress } from "../lib/progress.ts";
import { explainFailure, isNetworkFailure, lastLines } from "../toolchain/diagnose.ts";
import { imagesDir, markUsed } from "./store.ts";

/**
 * A file `packages.json` in a recipe: npm packages that it takes files from.
 * The integrity is the registry's own: sha512 and base64, as in a lock file.
 */
const npmPackagesSchema = z.array(
  z.strictObject({ name: z.string(), version: z.string(), integrity: z.string().startsWith("sha512-") }),
);

export type NpmPackage = z.infer<typeof npmPackagesSchema>[number];

/** Platform tags that a wheel for Debian 12 may carry; pip wants each of them named. */
const platforms = [
  ...Array.from({ length: 32 }, (_, i) => `manylinux_2_${36 - i}_x86_64`),
  "manylinux2014_x86_64",
  "manylinux2010_x86_64",
  "manylinux1_x86_64",
  "linux_x86_64",
];

/** Name and version of everything that a lock file with hashes pins. */
export function lockedPackages(lock: string): string[] {
  return [...lock.matchAll(/^([\w.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)/gm)].map(
    ([, name, version]) => `${name}==${version}`,
  );
}

/**
 * Downloads the wheels that lock files pin, each checked against its hashes.
 *
 * @returns a folder that holds them, the same for the same locks; an interrupted download goes on where it stopped
 */
export async function downloadWheels(
  locks: readonly string[],
  what: string,
  progress: Progress,
): Promise<string> {
  const texts = await Promise.all(locks.map((lock) => readFile(lock, "utf8")));
  const folder = join(imagesDir, "wheels", hashOf(texts));
  if (await exists(folder)) {
    await markUsed(folder);
    return folder;
  }
  const partial = `${folder}.partial`;
  await mkdir(partial, { recursive: true });
  const total = texts.flatMap(lockedPackages).length;
  let done = 0;
  const pip = await pipCommand();
  for (const lock of locks) {
    const child = execa(
      "setpriv",
      [
        // Two downloads into one folder would spoil it: this one dies with whoever started it.
        "--pdeathsig=KILL",
        ...pip,
        "download",
        "--dest",
        partial,
        "--require-hashes",
        "--no-deps",
        "--only-binary=:all:",
        "--python-version=3.11",
        "--implementation=cp",
        "--progress-bar=off",
        ...platforms.map((platform) => `--platform=${platform}`),
        "--requirement",
        lock,
      ],
      { all: true, reject: false, stdin: "ignore", env: { PIP_DISABLE_PIP_VERSION_CHECK: "1" } },
    );
    for await (const line of child.iterable({ from: "all" })) {
      if (line.startsWith("Collecting ")) done += 1;
      const file = /^\s*(?:Downloading|Using cached) (\S+) \(([^)]+)\)/.exec(line);
      if (file)
        progress.report(`${what}: package ${done} of ${total}, ${basename(file[1] ?? "")} (${file[2]})`);
    }
    const result = await child;
    if (result.failed) throw explainPip(what, result.all);
  }
  await moveInto(partial, folder);
  return folder;
}

function explainPip(what: string, output: string): UserError {
  if (/DO NOT MATCH THE HASHES/.test(output)) {
    return new UserError(
      `${what}: a downloaded package is not the one that the lock file pins.\n${lastLines(output, 8)}`,
      [
        "Do not go on with it: the file was changed on its way, or the registry replaced it.",
        "Check which registry pip is set to (pip config list), then try again.",
      ],
    );
  }
  if (!isNetworkFailure(output) && /Could not find a version|No matching distribution/.test(output)) {
    return new UserError(
      `${what}: the package registry does not offer a pinned package.\n${lastLines(output, 4)}`,
      [
        "Check that pip reaches a registry that mirrors PyPI: pip config list; pip download --no-deps pip",
        "Then run the same command again: what is downloaded already is kept.",
      ],
    );
  }
  return explainFailure(`Downloading packages for ${what}`, output);
}

/** Any pip will do: it only downloads, for a Python that is named, and installs nothing on this machine. */
async function pipCommand(): Promise<readonly string[]> {
  for (const python of ["python3", "/usr/bin/python3"]) {
    const probe = await execa(python, ["-m", "pip", "--version"], { reject: false });
    if (!probe.failed) return [python, "-m", "pip"];
  }
  throw new UserError("This machine has no pip, which the images' packages are downloaded with.", [
    "Install it: apt-get install --no-install-recommends python3-pip",
  ]);
}

/** Reads a recipe's `packages.json`; a recipe without one needs no npm package. */
export async function readNpmPackages(file: string): Promise<NpmPackage[]> {
  const text = await readFile(file, "utf8").catch(() => "[]");
  return npmPackagesSchema.parse(JSON.parse(text));
}

/**
 * Downloads an npm package as the archive that the registry serves, checked against its integrity.
 * @returns the archive: a gzipped tar with everything below `package/`
 */
export async function downloadNpm(pin: NpmPackage, what: string, progress: Progress): Promise<string> {
  const name = `${pin.name.replace("@", "").replace("/", "-")}-${pin.version}.tgz`;
  const folder = join(imagesDir, "npm", hashOf([pin.integrity]));
  const file = join(folder, name);
  if (await exists(file)) {
    await markUsed(folder);
    return file;
  }
  progress.report(`${what}: ${pin.name} ${pin.version}`);
  const partial = `${folder}.partial-${process.pid}`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  try {
    const result = await execa(
      "npm",
      ["pack", "--silent", "--ignore-scripts", "--pack-destination", partial, `${pin.name}@${pin.version}`],
      { all: true, reject: false, stdin: "ignore" },
    );
    if (result.failed) throw explainFailure(`Downloading ${pin.name}`, result.all);
    const [packed] = await readdir(partial);
    if (packed === undefined) throw new UserError(`npm ended well, but downloaded nothing for ${pin.name}.`);
    const hash = createHash("sha512");
    await pipeline(createReadStream(join(partial, packed)), hash);
    const found = `sha512-${hash.digest("base64")}`;
    if (found !== pin.integrity) {
      throw new UserError(`${pin.name} ${pin.version} is not the package that the recipe pins (${found}).`, [
        "Do not go on with it: the file was changed on its way, or the registry replaced it.",
        "Check which registry npm is set to (npm config get registry), then try again.",
      ]);
    }
    await rename(join(partial, packed), join(partial, name));
    await moveInto(partial, folder);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return file;
}

/** Gives a finished folder its final name; a twin that was faster wins. */
export async function moveInto(from: string, to: string): Promise<void> {
  await rename(from, to).catch(async (error: unknown) => {
    if (!(await exists(to))) throw error;
    await rm(from, { recursive: true, force: true });
  });
}

export async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

function hashOf(texts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(text).update("\0");
  return hash.digest("hex").slice(0, 20);
}
