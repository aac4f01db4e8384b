import { join } from "node:path";
import { stateDir } from "../lib/paths.ts";
import { type Progress, silent } from "../lib/progress.ts";
import type { GoProgram } from "../toolchain/go.ts";
import { buildGo } from "../toolchain/go.ts";
import { type Engine, findOfficial, install } from "./install.ts";

/** Version of the CLI that is built when none is installed; sandbox/engine/go.mod pins the same. */
export const pulumiVersion = "v3.259.0";

const cli: GoProgram = {
  name: "pulumi",
  moduleDir: "sandbox/engine",
  package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
  ldflags: `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${pulumiVersion}`,
};

/** One binary that is every plugin, depending on the name it is started under. */
const plugins: GoProgram = { name: "pulumi-plugins", moduleDir: "sandbox/plugins", package: "." };

/** What has to be built on a machine without the official CLI. */
export const programs: GoProgram[] = [cli, plugins];

/** Where the sandbox keeps the stacks' state. */
const backend = `file://${join(stateDir, "pulumi")}`;

let chosen: Promise<Engine> | undefined;

/**
 * The engine that will be used: the official one where it is installed, else the sandbox's own, built when missing.
 * Looked for once in a process.
 */
export function engine(progress: Progress = silent): Promise<Engine> {
  chosen ??= choose(progress).catch((error: unknown) => {
    chosen = undefined;
    throw error;
  });
  return chosen;
}

async function choose(progress: Progress): Promise<Engine> {
  const official = await findOfficial();
  if (official !== undefined) return official;
  const pulumi = await buildGo(cli, progress);
  const pluginBinary = await buildGo(plugins, progress);
  return install(pulumi, pluginBinary);
}

/**
 * Environment in which `pulumi` is the chosen engine and knows its plugins.
 * What the user has set (backend, passphrase) stays.
 */
export async function pulumiEnv(progress: Progress = silent): Promise<NodeJS.ProcessEnv> {
  const { env } = await engine(progress);
  const { PULUMI_CONFIG_PASSPHRASE, PULUMI_CONFIG_PASSPHRASE_FILE } = process.env;
  return {
    PULUMI_BACKEND_URL: backend,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    ...(PULUMI_CONFIG_PASSPHRASE === undefined && PULUMI_CONFIG_PASSPHRASE_FILE === undefined
      ? { PULUMI_CONFIG_PASSPHRASE: localPassphrase }
      : {}),
    ...process.env,
    ...env,
  };
}

/**
 * Protects nothing and is meant not to: the local stack's secrets are generated, and its state lies beside them.
 * Stacks with secrets worth keeping set their own passphrase or a KMS provider.
 */
const localPassphrase = "ai-platform-local";
