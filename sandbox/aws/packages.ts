import { createHash } from "node:crypto";
import { readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { downloadWheels, exists } from "../images/downloads.ts";
import { cacheDir } from "../lib/paths.ts";
import type { Progress } from "../lib/progress.ts";
import { explainFailure } from "../toolchain/diagnose.ts";

const lock = join(import.meta.dirname, "simulated_aws", "requirements.lock");

/** Puts moto and what it needs into the cache, each package checked against the lock. @returns their folder */
export async function awsPackages(progress: Progress): Promise<string> {
  const key = createHash("sha256")
    .update(await readFile(lock))
    .digest("hex")
    .slice(0, 20);
  const folder = join(cacheDir, "aws", "python", key);
  if (await exists(folder)) return folder;
  const wheels = await downloadWheels([lock], "moto", progress);
  progress.report("installing moto");
  const unfinished = `${folder}.${process.pid}`;
  const result = await execa(
    "python3",
    [
      "-m",
      "pip",
      "install",
      "--quiet",
      "--no-index",
      "--no-deps",
      "--find-links",
      wheels,
      "--target",
      unfinished,
      "-r",
      lock,
    ],
    { reject: false, all: true, env: { PIP_DISABLE_PIP_VERSION_CHECK: "1", PIP_ROOT_USER_ACTION: "ignore" } },
  );
  if (result.failed) throw explainFailure("Installing moto", result.all);
  await rename(unfinished, folder);
  return folder;
}
