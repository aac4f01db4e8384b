import {
  access,
  constants,
  cp,
  link,
  mkdir,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { z } from "zod";
import { UserError } from "../lib/fail.ts";
import { cacheDir, repoRoot, stateDir } from "../lib/paths.ts";

/** A Pulumi CLI and what has to be set for it. */
export interface Engine {
  kind: "official" | "sandbox";
  /** The executable. */
  pulumi: string;
  /** Goes over the user's environment. */
  env: NodeJS.ProcessEnv;
}

/** Pulumi's home in the sandbox: the user's own is never written to. */
const engineHome = join(stateDir, "pulumi-home");

/** Providers that the sandbox has; each SDK package names the version of its plugin. */
const providers = ["kubernetes", "random", "aws", "docker-build"];

/** The user's own Pulumi home; inside the sandbox's environment, PULUMI_HOME is the sandbox's. */
const userHome =
  process.env.PULUMI_HOME === undefined || process.env.PULUMI_HOME === engineHome
    ? join(homedir(), ".pulumi")
    : process.env.PULUMI_HOME;

/** The official CLI on PATH or where its installer puts it. `AI_PLATFORM_ENGINE=sandbox` looks for none. */
export async function findOfficial(): Promise<Engine | undefined> {
  const wanted = process.env.AI_PLATFORM_ENGINE ?? "";
  if (!["", "official", "sandbox"].includes(wanted))
    throw new UserError(`AI_PLATFORM_ENGINE is "${wanted}".`, [
      'Set it to "official" or "sandbox", or unset it to use the official Pulumi CLI where it is installed.',
    ]);
  if (wanted === "sandbox") return undefined;
  const path = userPath();
  for (const folder of [...path, join(userHome, "bin")]) {
    const pulumi = join(folder, "pulumi");
    if (await executable(pulumi))
      return { kind: "official", pulumi, env: { PATH: [folder, ...path].join(delimiter) } };
  }
  if (wanted === "official")
    throw new UserError("AI_PLATFORM_ENGINE asks for the official Pulumi CLI, and there is none on PATH.", [
      "Install it: https://www.pulumi.com/docs/install/",
      "Or unset AI_PLATFORM_ENGINE: the sandbox then builds the same CLI from its source.",
    ]);
  return undefined;
}

/** The user's PATH without what an outer run of the sandbox has put there. */
const userPath = (): string[] =>
  (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "" && !folder.startsWith(cacheDir));

/**
 * Lays the built files out as Pulumi's installer does. Done anew at each start: it costs milliseconds.
 * Pulumi looks for language hosts beside its own file, so the CLI is linked into the folder of the plugins' build:
 * checkouts with other plugins have another folder, and old folders go when old builds do.
 */
export async function install(pulumi: string, pluginBinary: string): Promise<Engine> {
  const plugins = await realpath(pluginBinary);
  const engineBin = dirname(plugins);
  await hardLink(pulumi, join(engineBin, "pulumi"));
  await pointTo(plugins, join(engineBin, "pulumi-language-nodejs"));
  await installPlugins(plugins);
  await withoutDebugLog();
  await mkdir(join(stateDir, "pulumi"), { recursive: true });
  return {
    kind: "sandbox",
    pulumi: join(engineBin, "pulumi"),
    env: {
      PATH: [engineBin, ...userPath()].join(delimiter),
      PULUMI_HOME: engineHome,
      ...collectLess,
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    },
  };
}

/**
 * The CLI lives for seconds and allocates much: with Go's default it spends a fifth of its time collecting garbage.
 * The limit makes it collect in time where a program is so large that memory matters more.
 */
const collectLess = { GOGC: "400", GOMEMLIMIT: "1GiB" };

/**
 * The CLI logs every call in full to a folder of its home, compressed and encrypted: a third of its time, with no
 * switch. A file in the folder's place is one; for a log when it is wanted there are `--logtostderr -v=9`.
 */
async function withoutDebugLog(): Promise<void> {
  const folder = join(engineHome, "logs");
  if ((await stat(folder).catch(() => undefined))?.isFile()) return;
  await rm(folder, { recursive: true, force: true });
  await writeFile(folder, "The sandbox keeps no debug logs of the Pulumi CLI: use --logtostderr -v=9.\n");
}

/** Official plugins that the user has are linked; for a provider without one that fits, ours answers. */
async function installPlugins(pluginBinary: string): Promise<void> {
  const folder = join(engineHome, "plugins");
  await mkdir(folder, { recursive: true });
  const official = await names(join(userHome, "plugins"));
  const wanted = new Map<string, () => Promise<void>>();
  for (const plugin of official.filter(
    (name) => /^[a-z]+-.+-v\d/.test(name) && !/\.(lock|partial)$/.test(name),
  ))
    wanted.set(plugin, async () => {
      for (const file of await names(join(userHome, "plugins", plugin)))
        await pointTo(join(userHome, "plugins", plugin, file), join(folder, plugin, file));
    });
  for (const provider of providers) {
    const version = await sdkVersion(provider);
    if (version === undefined || official.some((name) => fits(name, provider, version))) continue;
    const plugin = `resource-${provider}-v${version}`;
    wanted.set(plugin, () => pointTo(pluginBinary, join(folder, plugin, `pulumi-resource-${provider}`)));
  }
  for (const present of await names(folder))
    if (!wanted.has(present)) await rm(join(folder, present), { recursive: true, force: true });
  for (const [plugin, put] of wanted) {
    await mkdir(join(folder, plugin), { recursive: true });
    await put();
  }
}

const Sdk = z.object({
  version: z.string(),
  pulumi: z.object({ version: z.string().optional() }).optional(),
});

/** The plugin version that the installed SDK package was made for, or undefined where it is not installed. */
async function sdkVersion(provider: string): Promise<string | undefined> {
  const file = join(repoRoot, "node_modules", "@pulumi", provider, "package.json");
  const content = await readFile(file, "utf8").catch(() => undefined);
  if (content === undefined) return undefined;
  const sdk = Sdk.parse(JSON.parse(content));
  return sdk.pulumi?.version ?? sdk.version;
}

/** Whether the folder of an official plugin satisfies an SDK: same major version, at least that minor and patch. */
function fits(folder: string, provider: string, version: string): boolean {
  const prefix = `resource-${provider}-v`;
  if (!folder.startsWith(prefix)) return false;
  const [major = 0, minor = 0, patch = 0] = folder.slice(prefix.length).split(".").map(Number.parseFloat);
  const [wantMajor = 0, wantMinor = 0, wantPatch = 0] = version.split(".").map(Number.parseFloat);
  return major === wantMajor && (minor > wantMinor || (minor === wantMinor && patch >= wantPatch));
}

/** A hard link, so that Pulumi sees the file in this folder; a copy where the folders are on different disks. */
async function hardLink(from: string, to: string): Promise<void> {
  const [wanted, present] = await Promise.all([stat(from), stat(to).catch(() => undefined)]);
  const linked = present?.ino === wanted.ino;
  if (linked || (present?.size === wanted.size && present.mtimeMs >= wanted.mtimeMs)) return;
  await inOneStep(to, async (fresh) => {
    const file = await realpath(from);
    await link(file, fresh).catch(() => cp(file, fresh));
  });
}

async function pointTo(target: string, file: string): Promise<void> {
  if ((await readlink(file).catch(() => undefined)) === target) return;
  await mkdir(dirname(file), { recursive: true });
  await inOneStep(file, (fresh) => symlink(target, fresh));
}

/** Another run may be starting the file just now: it must find the old one or the new one, never none. */
async function inOneStep(file: string, make: (fresh: string) => Promise<void>): Promise<void> {
  const fresh = `${file}.${process.pid}`;
  await rm(fresh, { force: true });
  await make(fresh);
  await rename(fresh, file);
}

const executable = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );

const names = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
