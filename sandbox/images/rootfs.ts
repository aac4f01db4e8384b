import { mkdir, readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { UserError } from "../lib/fail.ts";

/**
 * A file system being built: read-only folders below, a writable one on top that ends up as the image's layer.
 * Without folders below, `upper` is the whole file system.
 */
export interface Rootfs {
  /** Folder that holds the mount point and the upper folder. */
  readonly dir: string;
  /** Folder that takes every change. */
  readonly upper: string;
  /** Unpacked folders below, topmost first. */
  readonly lower: readonly string[];
}

export interface RunOptions {
  /** Folder of the host that the command sees at /dev/packages, read-only. */
  packages?: string | undefined;
  /** Another file system, which the script finds mounted at $FROM, read-only. */
  from?: Rootfs | undefined;
  env?: Record<string, string>;
  /** Called for every line the command prints. */
  onLine?: (line: string) => void;
  /** Where the script looks for `$1`, `$2`, ... */
  args?: readonly string[];
  input?: string;
}

/** Makes the folders of a new file system in `dir`. */
export async function createRootfs(dir: string, lower: readonly string[]): Promise<Rootfs> {
  const upper = join(dir, "upper");
  for (const name of ["upper", "work", "merged"]) await mkdir(join(dir, name), { recursive: true });
  // Short relative names: mount's option string is limited to one page, and commas or colons in a path would end it.
  for (const [index, path] of lower.entries()) await symlink(path, join(dir, `l${index}`));
  return { dir, upper, lower };
}

const lowerNames = (rootfs: Rootfs): string => rootfs.lower.map((_, index) => `l${index}`).join(":");

const mountScript = `
set -eu
mount --make-rprivate /
if [ -n "$LOWER" ]; then
  mount -t overlay -o "lowerdir=$LOWER,upperdir=upper,workdir=work,redirect_dir=off,metacopy=off,index=off" overlay merged
else
  mount --bind upper merged
fi
ROOT=$PWD/merged; export ROOT
mount -t proc proc merged/proc
mount -t tmpfs -o mode=755 tmpfs merged/dev
for device in null zero full random urandom; do
  : >"merged/dev/$device"; mount --bind "/dev/$device" "merged/dev/$device"
done
if [ -n "$PACKAGES" ]; then
  mkdir merged/dev/packages; mount --bind "$PACKAGES" merged/dev/packages
fi
if [ -n "$FROM" ]; then
  cd "$FROM"; mount -t overlay -o "ro,lowerdir=upper:$FROM_LOWER" overlay merged; cd - >/dev/null
  FROM=$FROM/merged
fi
unset LOWER PACKAGES FROM_LOWER
`;

/**
 * Arguments of setpriv that start a command in mount and process namespaces of its own. When this process dies,
 * even killed, the command and everything it started die too, and their mounts are gone.
 */
export const isolated = [
  "--pdeathsig=KILL",
  "unshare",
  "--mount",
  "--mount-proc",
  "--pid",
  "--fork",
  "--kill-child",
] as const;

/**
 * Runs a shell script that finds the mounted file system at $ROOT. It runs in namespaces of its own: no network,
 * so that nothing unverified gets in, and mounts and processes that end with it.
 */
export async function runOutside(rootfs: Rootfs, script: string, options: RunOptions = {}): Promise<string> {
  const child = execa(
    "setpriv",
    [...isolated, "--net", "--ipc", "/bin/sh", "-c", mountScript + script, "sh", ...(options.args ?? [])],
    {
      cwd: rootfs.dir,
      extendEnv: false,
      env: {
        PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ...options.env,
        LOWER: lowerNames(rootfs),
        FROM: options.from?.dir ?? "",
        FROM_LOWER: options.from ? lowerNames(options.from) : "",
        PACKAGES: options.packages ?? "",
      },
      all: true,
      reject: false,
      ...(options.input === undefined ? { stdin: "ignore" } : { input: options.input }),
    },
  );
  if (options.onLine) {
    for await (const line of child.iterable({ from: "all" })) options.onLine(line);
  }
  const result = await child;
  if (result.failed) {
    const output = `${result.all}\n${result.exitCode === undefined ? result.shortMessage : ""}`;
    if (
      /unshare: .*(not permitted)|mount: .*(permission denied|unknown filesystem|wrong fs type)/i.test(output)
    ) {
      throw new UserError(`This machine does not let the image builder mount: ${output.trim()}`, [
        "Run as root on a kernel with overlayfs, in a container with CAP_SYS_ADMIN and the cache on a real disk,",
        "or use a cluster that can reach the image registries: npm start -- --context NAME",
      ]);
    }
    throw new CommandError(output, result.exitCode ?? -1);
  }
  return result.stdout;
}

/** A command inside a file system under construction failed; the message is what it printed. */
export class CommandError extends Error {
  override readonly name = "CommandError";

  constructor(
    readonly output: string,
    readonly exitCode: number,
  ) {
    super(output.trim() === "" ? `a command ended with exit code ${exitCode} and no output` : output.trim());
  }
}

/** Runs a command in the file system, as its root unless `user` says otherwise, with nothing but `env`. */
export async function runInside(
  rootfs: Rootfs,
  command: readonly string[],
  options: Omit<RunOptions, "args"> & { workingDir?: string; user?: string } = {},
): Promise<string> {
  const { env = {}, user = "", workingDir = "/", ...rest } = options;
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return await runOutside(
    rootfs,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own syntax
    'user=$1 dir=$2; shift 2; exec chroot ${user:+--userspec="$user"} "$ROOT" /usr/bin/env -i -C "$dir" "$@"',
    { ...rest, args: [user, workingDir, ...variables, ...command] },
  );
}

/**
 * Entries of the folders below that the file system no longer shows. OCI layers mark them by `.wh.NAME`;
 * overlayfs marks them by devices and attributes that a layer must not carry.
 */
export async function hiddenEntries(rootfs: Rootfs): Promise<string[]> {
  const candidates: string[] = [];
  const walk = async (path: string): Promise<void> => {
    const entries = await readdir(join(rootfs.upper, path), { withFileTypes: true });
    const kept = new Set(entries.filter((e) => !e.isCharacterDevice()).map((e) => e.name));
    for (const lower of rootfs.lower) {
      const below = await readdir(join(lower, path)).catch(() => []);
      for (const name of below) if (!kept.has(name)) candidates.push(join(path, name));
    }
    for (const entry of entries) if (entry.isDirectory()) await walk(join(path, entry.name));
  };
  await walk("");
  if (candidates.length === 0) return [];
  const found = await runOutside(
    rootfs,
    'cd "$ROOT"; while IFS= read -r path; do [ -e "$path" ] || [ -L "$path" ] || printf "%s\\n" "$path"; done',
    { input: `${candidates.join("\n")}\n` },
  );
  return found.split("\n").filter((line) => line !== "");
}
