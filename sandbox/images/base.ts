import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { imageRef, images } from "../../catalog/images.ts";
import type { Progress } from "../lib/progress.ts";
import { explainFailure } from "../toolchain/diagnose.ts";
import { AptMeter } from "./apt-meter.ts";
import { emptyConfig, type RunConfig } from "./dockerfile.ts";
import { exists, moveInto } from "./downloads.ts";
import { compilePython, type Layer, packLayer, removeLeftovers } from "./layer.ts";
import { createRootfs, isolated, runInside } from "./rootfs.ts";
import { imagesDir, makeWorkDir, markUsed } from "./store.ts";

/** Debian release of every base; the images' names promise it. */
const suite = "bookworm";

export type BaseName = "debian" | "python";

/** What a Dockerfile's FROM may name. */
export const baseRefs: Record<BaseName, string> = {
  debian: `debian:${suite}-slim`,
  python: imageRef("python"),
};

/** A base, unpacked for builds on top of it and packed as a layer. */
export interface Base {
  readonly rootfs: string;
  readonly layer: Layer;
  readonly config: RunConfig;
  /** `name version architecture`, one Debian package a line. */
  readonly packages: string;
}

/** Besides the essential packages: what programs expect on any Linux (certificates, names, time zones, C++). */
const common = ["ca-certificates", "libstdc++6", "netbase", "passwd", "tzdata"];
const python = ["python3", "libpython3-stdlib"];

const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const sitePackages = "/usr/local/lib/python3.11/dist-packages";

const configs: Record<BaseName, RunConfig> = {
  debian: { ...emptyConfig, Env: { PATH: path }, Cmd: ["bash"] },
  python: {
    ...emptyConfig,
    Env: { PATH: path, LANG: "C.UTF-8", PYTHON_VERSION: images.python.version },
    Cmd: ["python3"],
  },
};

/** Parts of Debian that no container of ours reads, logs, and what ties the image to the machine that built it. */
const unneeded = [
  "etc/apt",
  "etc/cron.daily",
  "etc/hostname",
  "etc/resolv.conf",
  // Whoever runs a container mounts its devices.
  "dev/console",
  "dev/full",
  "dev/null",
  "dev/ptmx",
  "dev/random",
  "dev/tty",
  "dev/urandom",
  "dev/zero",
  "etc/kernel",
  "etc/logrotate.d",
  "usr/share/bash-completion",
  "usr/share/bug",
  "usr/share/doc-base",
  "usr/share/info",
  "usr/share/lintian",
  "usr/share/locale",
  "usr/share/man",
  "usr/share/zoneinfo/right",
  "usr/share/zoneinfo/posix",
  "var/cache/apt",
  "var/cache/debconf",
  "var/lib/apt",
  "var/lib/dpkg/diversions-old",
  "var/lib/dpkg/lock",
  "var/lib/dpkg/lock-frontend",
  "var/lib/dpkg/statoverride-old",
  "var/lib/dpkg/status-old",
  "var/log/alternatives.log",
  "var/log/apt",
  "var/log/bootstrap.log",
  "var/log/dpkg.log",
  // pip may install here: a container is no shared system. The other folders are never imported by a service.
  "usr/lib/python3.11/EXTERNALLY-MANAGED",
  "usr/lib/python3.11/idlelib",
  "usr/lib/python3.11/test",
  "usr/lib/python3.11/turtledemo",
];

const layerSchema = z.object({ digest: z.string(), diffId: z.string(), size: z.number() });

/** The base of a finished build, if it is in the cache. */
export async function findBase(name: BaseName, key: string): Promise<Base | undefined> {
  const folder = join(imagesDir, "bases", key, name);
  if (!(await exists(folder))) return undefined;
  await markUsed(dirname(folder));
  const layer = layerSchema.parse(JSON.parse(await readFile(join(folder, "layer.json"), "utf8")));
  return {
    rootfs: join(folder, "rootfs"),
    layer: { ...layer, file: join(folder, "layer.tar") },
    config: configs[name],
    packages: await readFile(join(folder, "packages.txt"), "utf8"),
  };
}

/**
 * Builds both bases in one go: Debian's essential packages, then Python on top of a copy of them. apt verifies
 * every package by the archive's signature.
 *
 * @param wheels folder with pip's wheel, which the Python base installs
 */
export async function buildBases(key: string, wheels: string, progress: Progress): Promise<void> {
  const work = await makeWorkDir("bases");
  try {
    const debianRoot = await createRootfs(join(work, "debian-root"), []);
    const pythonRoot = await createRootfs(join(work, "python-root"), []);
    await mmdebstrap(debianRoot.upper, pythonRoot.upper, progress);

    progress.report("Python base: installing pip");
    await rm(join(pythonRoot.upper, "usr/lib/python3.11/EXTERNALLY-MANAGED"), { force: true });
    const pip = 'python3 "$(ls /dev/packages/pip-*.whl)"/pip';
    await runInside(
      pythonRoot,
      [
        "sh",
        "-c",
        `${pip} install -q --no-index --no-deps --no-compile --root-user-action=ignore /dev/packages/pip-*.whl`,
      ],
      { packages: wheels, env: { PATH: path, HOME: "/root" } },
    );
    for (const link of ["python", "python3", "python3.11"]) {
      await symlink("/usr/bin/python3.11", join(pythonRoot.upper, "usr/local/bin", link));
    }

    const result = join(work, "result");
    for (const [name, rootfs] of [
      ["debian", debianRoot],
      ["python", pythonRoot],
    ] as const) {
      progress.report(`${name} base: packing`);
      for (const item of unneeded) await rm(join(rootfs.upper, item), { recursive: true, force: true });
      await removeLeftovers(rootfs);
      const packages = await installedPackages(rootfs.upper);
      const manifest = join(rootfs.upper, "usr/share/doc/ai-platform/debian-packages.txt");
      await mkdir(dirname(manifest), { recursive: true });
      await writeFile(manifest, packages);
      if (name === "python") await compilePython(rootfs, ["/usr/lib/python3.11", sitePackages]);
      const folder = join(result, name);
      await mkdir(folder, { recursive: true });
      const layer = await packLayer(rootfs.upper, join(folder, "layer.tar"));
      const { digest, diffId, size } = layer;
      await writeFile(join(folder, "layer.json"), JSON.stringify({ digest, diffId, size }));
      await writeFile(join(folder, "packages.txt"), packages);
      await moveInto(rootfs.upper, join(folder, "rootfs"));
    }
    await mkdir(join(imagesDir, "bases"), { recursive: true });
    await moveInto(result, join(imagesDir, "bases", key));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function mmdebstrap(debianTo: string, pythonTo: string, progress: Progress): Promise<void> {
  const child = execa(
    "setpriv",
    [
      ...isolated,
      "mmdebstrap",
      "--mode=root",
      "--variant=essential",
      "--format=directory",
      "--verbose",
      "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
      `--include=${common.join(",")}`,
      "--aptopt=APT::Install-Recommends false",
      "--aptopt=Acquire::Retries 3",
      "--dpkgopt=path-exclude=/usr/share/man/*",
      "--dpkgopt=path-exclude=/usr/share/locale/*",
      "--dpkgopt=path-exclude=/usr/share/doc/*",
      "--dpkgopt=path-include=/usr/share/doc/*/copyright",
      // mmdebstrap has the new root's /proc and /dev mounted here: stay on one file system.
      '--customize-hook=cp --archive --one-file-system --no-target-directory "$1" "$DEBIAN_BASE"',
      `--customize-hook=APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get -o DPkg::Chroot-Directory="$1" install -y --no-install-recommends ${python.join(" ")}`,
      // The copy has mmdebstrap's own settings still in it.
      '--customize-hook=rm "$DEBIAN_BASE"/tmp/mmdebstrap.apt.conf.*',
      suite,
      pythonTo,
      ...(await configuredSources()),
    ],
    {
      env: { SOURCE_DATE_EPOCH: "0", DEBIAN_BASE: debianTo, LC_ALL: "C.UTF-8", TMPDIR: dirname(pythonTo) },
      all: true,
      reject: false,
      stdin: "ignore",
      buffer: true,
    },
  );
  const meter = new AptMeter();
  for await (const line of child.iterable({ from: "all" })) {
    const text = meter.read(line);
    if (text) progress.report(`Debian base: ${text}`);
  }
  const result = await child;
  if (result.failed)
    throw explainFailure("Building the Debian base", `${result.all}\n${result.shortMessage}`);
}

/**
 * The Debian archives this machine itself is set to, so that a mirror or an air-gapped site keeps working.
 * None for another distribution: mmdebstrap then knows Debian's own.
 */
async function configuredSources(): Promise<string[]> {
  const format = "$(ORIGIN) $(CODENAME) $(COMPONENT) $(RELEASE) $(REPO_URI)";
  const listed = await execa("apt-get", ["indextargets", "--format", format, "Created-By: Packages"], {
    reject: false,
  });
  if (listed.failed) return [];
  const lines = listed.stdout.split("\n").flatMap((line) => {
    const [origin, codename, component, release, uri] = line.split(" ");
    const ours = origin === "Debian" && codename?.split("-", 1)[0] === suite && component === "main";
    return ours && uri ? [`deb ${uri} ${release} main`] : [];
  });
  return [...new Set(lines)];
}

async function installedPackages(root: string): Promise<string> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
  const format = "${Package} ${Version} ${Architecture}\\n";
  const { stdout } = await execa("dpkg-query", [
    "--admindir",
    join(root, "var/lib/dpkg"),
    "-W",
    "-f",
    format,
  ]);
  return `${stdout.trim()}\n`;
}
