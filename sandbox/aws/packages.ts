import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { downloadWheels, exists } from "../images/downloads.ts";
import { cacheDir } from "../lib/paths.ts";
import type { Progress } from "../lib/progress.ts";
import { explainFailure } from "../toolchain/diagnose.ts";

const lock = join(import.meta.dirname, "simulated_aws", "requirements.lock");

/** The AWS command line that comes with the packages, for machines where none is installed. */
const awsCommand = `#!/bin/sh
PYTHONPATH="$(dirname "$(realpath "$0")")/.." exec python3 -m awscli "$@"
`;

/**
 * Puts moto, what it needs and the AWS command line into the cache, each package checked against the lock.
 * @returns their folder; the command `aws` lies in its folder `cli`
 */
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
  await mkdir(join(unfinished, "cli"));
  await writeFile(join(unfinished, "cli", "aws"), awsCommand, { mode: 0o755 });
  await rename(unfinished, folder);
  return folder;
}

/** The AWS command line that comes with them. */
export const awsCommandOf = async (progress: Progress): Promise<string> =>
  join(await awsPackages(progress), "cli", "aws");
