import { join } from "node:path";
import { execa } from "execa";
import { pulumiEnv } from "../engine/engine.ts";
import { repoRoot } from "../lib/paths.ts";
import { localKubeconfig } from "./kubeconfig.ts";

/** `npm run bench`: bench/main.ts with the engine and the local cluster in its environment. */
export async function bench(args: readonly string[]): Promise<number> {
  const result = await execa(
    process.execPath,
    ["--import", "tsx", join(repoRoot, "bench", "main.ts"), ...args],
    {
      cwd: repoRoot,
      env: { ...(await pulumiEnv()), KUBECONFIG: localKubeconfig },
      extendEnv: false,
      stdio: "inherit",
      reject: false,
    },
  );
  return result.exitCode ?? 1;
}
