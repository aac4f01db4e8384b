import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The checkout this code runs from. */
export const repoRoot = resolve(import.meta.dirname, "../..");

/**
 * What a fresh machine can rebuild: binaries, base images, downloads. Keyed by content, shared by all checkouts.
 * `AI_PLATFORM_CACHE` moves it; the default follows the XDG base directory specification.
 */
export const cacheDir =
  process.env.AI_PLATFORM_CACHE ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "ai-platform");

/**
 * What must survive a restart: the cluster's data, keys, Pulumi's state.
 * `AI_PLATFORM_STATE` moves it; the default follows the XDG base directory specification.
 */
export const stateDir =
  process.env.AI_PLATFORM_STATE ??
  join(process.env.XDG_STATE_HOME ?? join(homedir(), ".local", "state"), "ai-platform");

/** Executables by their plain names, put first on PATH for Pulumi and the cluster. */
export const binDir = join(cacheDir, "bin");
