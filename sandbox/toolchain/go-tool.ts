import { access, constants, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { UserError } from "../lib/fail.ts";

/** The Go toolchain of this machine. */
export interface GoTool {
  /** Path of the `go` command. */
  command: string;
  /** Such as "1.26.8". */
  version: string;
  /** Such as "linux/amd64". */
  platform: string;
  moduleCache: string;
  buildCache: string;
}

/**
 * Everything that Go's build cache keys on, the same for every build, vet and test of the sandbox.
 * No cgo: the programs run on any libc, also inside images, and need no C compiler. `GOTOOLCHAIN=local`: Go never
 * replaces itself by a download.
 */
export const goEnvironment: Readonly<Record<string, string>> = {
  CGO_ENABLED: "0",
  GOTOOLCHAIN: "local",
  GOWORK: "off",
  GOFLAGS: "-mod=readonly -trimpath -buildvcs=false",
};

let found: Promise<GoTool> | undefined;

/** Finds Go on PATH or where its installer puts it. */
export function goTool(): Promise<GoTool> {
  found ??= findGo();
  return found;
}

async function findGo(): Promise<GoTool> {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/local/go/bin", "/usr/lib/go/bin"];
  for (const folder of folders) {
    const command = join(folder, "go");
    if (folder === "" || !(await isExecutable(command))) continue;
    const { stdout } = await execa(command, ["env", "GOVERSION", "GOOS", "GOARCH", "GOMODCACHE", "GOCACHE"], {
      env: goEnvironment,
    });
    const [version = "", os, arch, moduleCache = "", buildCache = ""] = stdout.split("\n");
    return {
      command,
      version: version.replace(/^go/, ""),
      platform: `${os}/${arch}`,
      moduleCache,
      buildCache,
    };
  }
  throw new UserError("Go is not installed: the sandbox builds its programs from source.", [
    "Install a current Go (go.dev/doc/install) and put its bin folder on PATH.",
    "Or use a Kubernetes cluster of your own and an installed Pulumi: npm start -- --context NAME",
  ]);
}

/** Fails when a module asks for a newer Go than this machine has. */
export async function requireGoVersion(tool: GoTool, moduleDir: string): Promise<void> {
  const needed = /^go\s+(\S+)/m.exec(await readFile(join(moduleDir, "go.mod"), "utf8"))?.[1];
  if (needed && olderThan(tool.version, needed)) {
    throw new UserError(`Go ${tool.version} (${tool.command}) is too old: ${moduleDir} needs Go ${needed}.`, [
      `Install Go ${needed} or newer (go.dev/doc/install) and put its bin folder first on PATH.`,
    ]);
  }
}

/** Compares dotted versions: "1.25.9" is older than "1.26". */
export function olderThan(version: string, needed: string): boolean {
  const parts = (text: string) => text.split(/[.\-a-z]+/).map(Number);
  const [have, want] = [parts(version), parts(needed)];
  for (const [index, part] of want.entries()) {
    const other = have[index] ?? 0;
    if (other !== part) return other < part;
  }
  return false;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
