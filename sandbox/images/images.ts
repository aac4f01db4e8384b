import { createHash } from "node:crypto";
import { mkdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ExecaError } from "execa";
import { imageRef, images } from "../../catalog/images.ts";
import { contextHash, readContext } from "../../spec/buildContext.ts";
import { UserError } from "../lib/fail.ts";
import { repoRoot } from "../lib/paths.ts";
import type { Progress } from "../lib/progress.ts";
import { explainFailure } from "../toolchain/diagnose.ts";
import { buildGo, type GoProgram } from "../toolchain/go.ts";
import { contentKey } from "../toolchain/key.ts";
import { hasCode, withLock } from "../toolchain/lock.ts";
import { imageConfig, writeArchive } from "./archive.ts";
import { type Base, baseRefs, buildBases, findBase } from "./base.ts";
import { executeDockerfile } from "./build.ts";
import { parseDockerfile, type RunConfig } from "./dockerfile.ts";
import { downloadNpm, downloadWheels, exists, lockedPackages, readNpmPackages } from "./downloads.ts";
import { packLayer } from "./layer.ts";
import { type BuildableName, buildableNames, isBuildable, recipes } from "./recipes.ts";
import { CommandError } from "./rootfs.ts";
import { imagesDir, makeWorkDir, markUsed, removeStaleWork, removeUnusedInputs } from "./store.ts";

export interface BuiltImage {
  /** `repository:tag`, as manifests name it. */
  readonly ref: string;
  /** OCI image layout in one tar. */
  readonly archive: string;
}

/** What image builds need from Debian on this machine. */
export const debianPackages: readonly string[] = [
  "mmdebstrap",
  "debian-archive-keyring",
  "python3-pip",
  "zstd",
  "gcc",
  "libc6-dev",
];

const pipLock = join(import.meta.dirname, "python", "requirements.lock");
const archivesDir = join(imagesDir, "archives");

/**
 * Gives the archives of images, building those that are not in the cache. An archive is named by its inputs:
 * recipe, lock files, sources of the service, pins and the builder itself. Nothing is built or downloaded when all
 * are there; then this takes milliseconds.
 *
 * @param names names from the catalog; all that can be built here by default
 */
export async function buildImages(
  names: readonly string[] = buildableNames,
  progress: Progress,
): Promise<BuiltImage[]> {
  const wanted = names.map((name) => {
    if (isBuildable(name)) return name;
    throw new UserError(`There is no recipe for the image ${name}.`, [`Known: ${buildableNames.join(", ")}`]);
  });
  const bases = await baseKey();
  const targets = await Promise.all(
    wanted.map(async (name) => ({
      name,
      archive: join(archivesDir, `${name}-${await imageKey(name, bases)}.tar`),
    })),
  );
  const missing = await missingOf(targets);
  if (missing.length > 0) {
    checkArchitecture();
    await mkdir(archivesDir, { recursive: true });
    await withLock(
      join(imagesDir, "lock"),
      "building images",
      (owner) => progress.report(`waiting for process ${owner.pid}, which builds images`),
      async () => {
        await removeStaleWork();
        // Whoever held the lock may have built them meanwhile.
        const still = await missingOf(targets);
        if (still.length > 0) await buildMissing(still, bases, progress);
      },
    );
    await removeUnusedInputs();
  }
  await Promise.all(targets.map(({ archive }) => markUsed(archive)));
  return targets.map(({ name, archive }) => ({ ref: imageRef(name), archive }));
}

interface Target {
  readonly name: BuildableName;
  readonly archive: string;
}

async function missingOf(targets: readonly Target[]): Promise<Target[]> {
  const found = await Promise.all(targets.map(({ archive }) => exists(archive)));
  return targets.filter((_, index) => !found[index]);
}

function checkArchitecture(): void {
  if (process.arch === "x64") return;
  throw new UserError(`Images are built for amd64 only, and this machine is ${process.arch}.`, [
    "Use a cluster that can reach the image registries: npm start -- --context NAME",
  ]);
}

/** Downloads go on while the bases are built: one waits for the network, the other for the processor. */
async function buildMissing(targets: readonly Target[], bases: string, progress: Progress): Promise<void> {
  const inputs = new Map<BuildableName, Downloads>();
  const download = async () => {
    for (const { name } of targets) inputs.set(name, await downloadInputs(name, progress));
  };
  await all([
    download(),
    (async () => {
      if (await findBase("python", bases)) return;
      const wheels = await downloadWheels([pipLock], "Python base", progress);
      await explained("Building the Debian bases", () => buildBases(bases, wheels, progress));
    })(),
  ]);
  const found = new Map<string, Base>();
  for (const name of ["debian", "python"] as const) {
    const base = await findBase(name, bases);
    if (base) found.set(baseRefs[name], base);
  }
  const queue = [...targets];
  const worker = async () => {
    for (let target = queue.shift(); target; target = queue.shift()) {
      await buildOne(target, found, inputs.get(target.name) ?? { archives: [], packages: [] }, progress);
    }
  };
  // Two at a time: packing and unpacking wait for the disk about half of the time.
  await all([worker(), worker()]);
}

/** Like Promise.all, but nothing goes on in the background after a failure. */
async function all(work: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

interface Downloads {
  readonly wheels?: string | undefined;
  readonly archives: readonly string[];
  /** `name==version` of everything that went in, for the image's label. */
  readonly packages: readonly string[];
}

async function downloadInputs(name: BuildableName, progress: Progress): Promise<Downloads> {
  const recipe = recipes[name];
  if (recipe.kind !== "dockerfile") return { archives: [], packages: [] };
  const folder = join(repoRoot, recipe.folder);
  const lock = join(folder, "requirements.lock");
  const programs: readonly GoProgram[] = "programs" in recipe ? recipe.programs : [];
  const locked = programs.length === 0 || (await exists(lock));
  const npm = await readNpmPackages(join(folder, "packages.json"));
  const archives: string[] = [];
  for (const pin of npm) archives.push(await downloadNpm(pin, name, progress));
  for (const program of programs) archives.push(await buildGo(program, progress));
  return {
    wheels: locked ? await downloadWheels([lock], name, progress) : undefined,
    archives,
    packages: [
      ...(locked ? lockedPackages(await readFile(lock, "utf8")) : []),
      ...npm.map((pin) => `${pin.name}@${pin.version}`),
      ...programs.map((program) => program.package).filter((path) => path !== "."),
    ],
  };
}

async function buildOne(
  { name, archive }: Target,
  bases: ReadonlyMap<string, Base>,
  downloads: Downloads,
  progress: Progress,
): Promise<void> {
  const start = performance.now();
  const own: Progress = {
    report: (line) => progress.report(`${name}: ${line}`),
    log: (line) => progress.log(`${name}: ${line}`),
  };
  const work = await makeWorkDir(name);
  try {
    await explained(`Building the image ${imageRef(name)}`, async () => {
      const image = await build(name, bases, downloads, work, own);
      own.report("writing the archive");
      const layout = join(work, "layout");
      await mkdir(layout);
      await writeArchive(archive, layout, imageRef(name), image.config, image.layers);
    });
    const size = Math.round((await stat(archive)).size / 1e6);
    own.log(`built in ${Math.round((performance.now() - start) / 1000)} s, ${size} MB`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Failures of commands and of the disk in words; anything else is a fault of ours and keeps its stack. */
async function explained(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const foreseen = error instanceof CommandError || error instanceof ExecaError || hasCode(error, "ENOSPC");
    throw foreseen ? explainFailure(what, String(error)) : error;
  }
}

async function build(
  name: BuildableName,
  bases: ReadonlyMap<string, Base>,
  downloads: Downloads,
  work: string,
  progress: Progress,
) {
  const recipe = recipes[name];
  if (recipe.kind === "base") {
    const base = bases.get(baseRefs[recipe.base]);
    if (!base) throw new UserError(`The base ${recipe.base} is missing.`);
    const config = labelled(base.config, name, "scratch", base.packages.trim().split("\n"));
    return {
      config: imageConfig(config, [base.layer], [`Debian packages of ${name}`]),
      layers: [base.layer],
    };
  }
  const folder = join(repoRoot, recipe.folder);
  const dockerfile = join(folder, "Dockerfile");
  const stages = parseDockerfile(await readFile(dockerfile, "utf8"), dockerfile);
  const built = await executeDockerfile(
    {
      stages,
      context: await readContext(folder),
      bases,
      wheels: downloads.wheels,
      archives: downloads.archives,
    },
    work,
    progress,
  );
  progress.report("packing the layer");
  const layers = [built.base.layer, await packLayer(built.rootfs.upper, join(work, "layer.tar"))];
  const from = [...bases].find(([, base]) => base === built.base)?.[0] ?? "";
  const config = labelled(built.config, name, from, downloads.packages);
  return { config: imageConfig(config, layers, [from, `${recipe.folder}/Dockerfile`]), layers };
}

/** Says in the image what it is: which software, from which packages, and that no registry served it. */
function labelled(
  config: RunConfig,
  name: BuildableName,
  base: string,
  packages: readonly string[],
): RunConfig {
  const { source, version } = images[name];
  return {
    ...config,
    Labels: {
      ...config.Labels,
      "org.opencontainers.image.title": name,
      "org.opencontainers.image.description": `${imageRef(name)}, built on this machine from released packages; not the image that a registry serves`,
      "org.opencontainers.image.source": source,
      "org.opencontainers.image.version": version,
      "org.opencontainers.image.base.name": base,
      "ai-platform.built": "locally-by-recipe",
      "ai-platform.packages": packages.join(" "),
    },
  };
}

/** Modules that decide what ends up in a base, and in an image; the others only fetch, check and report. */
const baseModules = ["base.ts", "layer.ts"];
const imageModules = ["archive.ts", "build.ts", "context.ts", "dockerfile.ts", "rootfs.ts"];

async function baseKey(): Promise<string> {
  const hash = createHash("sha256")
    .update(JSON.stringify(images.python))
    .update(await readFile(pipLock));
  for (const module of baseModules) hash.update(await readFile(join(import.meta.dirname, module)));
  return hash.digest("hex").slice(0, 20);
}

async function imageKey(name: BuildableName, bases: string): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify([name, images[name], recipes[name], bases]));
  for (const module of imageModules) hash.update(await readFile(join(import.meta.dirname, module)));
  const recipe = recipes[name];
  if (recipe.kind === "dockerfile") {
    hash.update(await contextHash(await readContext(join(repoRoot, recipe.folder))));
    const programs: readonly GoProgram[] = "programs" in recipe ? recipe.programs : [];
    for (const { moduleDir } of programs) hash.update(await contentKey(join(repoRoot, moduleDir), []));
  }
  return hash.digest("hex").slice(0, 20);
}
