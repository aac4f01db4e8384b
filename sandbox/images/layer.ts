import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { execa } from "execa";
import { hiddenEntries, type Rootfs, runInside } from "./rootfs.ts";

/** A layer as a file: a tar, compressed by zstd because unpacking it that way takes two thirds of the time. */
export interface Layer {
  readonly file: string;
  /** Of the file: `sha256:` and 64 hex digits. */
  readonly digest: string;
  /** Of the tar in it. */
  readonly diffId: string;
  /** Of the file, in bytes. */
  readonly size: number;
}

/** Back-up copies, locks and identities that tools leave behind and that differ from run to run. */
const leftovers = [
  "etc/passwd-",
  "etc/group-",
  "etc/shadow-",
  "etc/gshadow-",
  "etc/subuid-",
  "etc/subgid-",
  "etc/.pwd.lock",
  "etc/machine-id",
  "var/cache/ldconfig/aux-cache",
];

/** Removes them from what a build has written, and bytecode, which carries the times of its sources. */
export async function removeLeftovers(rootfs: Rootfs): Promise<void> {
  for (const file of leftovers) await rm(join(rootfs.upper, file), { force: true });
  await execa("find", [rootfs.upper, "-name", "__pycache__", "-prune", "-exec", "rm", "-rf", "{}", "+"]);
}

/**
 * Compiles the Python files of the upper folder, so that programs start fast from a read-only root. The bytecode
 * does not carry time stamps ("unchecked-hash"): same sources, same bytes. One process a package, because what
 * Python writes depends on what the process has compiled before; two at a time.
 *
 * @param folders folders with Python packages, absolute in the image
 */
export async function compilePython(rootfs: Rootfs, folders: readonly string[]): Promise<void> {
  const targets: string[] = [];
  for (const folder of folders) {
    const entries = await readdir(join(rootfs.upper, folder), { withFileTypes: true }).catch(() => []);
    if (entries.some((e) => e.isFile() && e.name.endsWith(".py"))) targets.push(`-l\n${folder}`);
    for (const entry of entries) {
      if (entry.isDirectory() && !/\.(dist|egg)-info$|^__pycache__$/.test(entry.name)) {
        targets.push(`-r50\n${join(folder, entry.name)}`);
      }
    }
  }
  if (targets.length === 0) return;
  const compile = "python3 -m compileall -q -f --invalidation-mode unchecked-hash";
  await runInside(rootfs, ["xargs", "-r", "-P2", "-n2", "sh", "-c", `${compile} "$@" || true`, "sh"], {
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", PYTHONHASHSEED: "0", LANG: "C.UTF-8" },
    input: `${targets.join("\n")}\n`,
  });
}

/** Replaces overlayfs's way of hiding files by OCI's: an empty file named `.wh.NAME`. */
export async function writeWhiteouts(rootfs: Rootfs): Promise<void> {
  const hidden = await hiddenEntries(rootfs);
  await execa("find", [rootfs.upper, "-type", "c", "-delete"]);
  for (const path of hidden) {
    const folder = join(rootfs.upper, dirname(path));
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `.wh.${basename(path)}`), "");
  }
}

/**
 * Packs a folder into a tar that depends on names, contents, modes and owners only: sorted, without times.
 */
export async function packLayer(folder: string, file: string): Promise<Layer> {
  const names = (await readdir(folder)).sort();
  const tar = execa(
    "tar",
    [
      "--create",
      "--format=gnu",
      "--sort=name",
      "--mtime=@0",
      "--numeric-owner",
      "--no-acls",
      "--no-xattrs",
      "--no-selinux",
      ...(names.length > 0 ? ["--", ...names] : ["--files-from=/dev/null"]),
    ],
    { cwd: folder, buffer: false, stdin: "ignore", env: { LC_ALL: "C" } },
  );
  // A fixed number of threads: it decides where blocks end, and so the bytes.
  const zstd = execa("zstd", ["-3", "-T2", "--quiet", "--stdout"], { buffer: false, encoding: "buffer" });
  const [unpacked, packed] = [meter(), meter()];
  await Promise.all([
    tar,
    zstd,
    pipeline(tar.stdout, unpacked.stream, zstd.stdin),
    pipeline(zstd.stdout, packed.stream, createWriteStream(file)),
  ]);
  return { file, digest: packed.digest(), diffId: unpacked.digest(), size: packed.size() };
}

/** Passes data on, counted and hashed. */
function meter(): { stream: Transform; digest: () => string; size: () => number } {
  const hash = createHash("sha256");
  let size = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  return { stream, digest: () => `sha256:${hash.digest("hex")}`, size: () => size };
}
