import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../lib/fail.ts";
import { cacheDir, stateDir } from "../lib/paths.ts";
import { stopSteps } from "./aws/stop.ts";
import { exclusively, isLock } from "./exclusive.ts";
import { readSettings } from "./settings.ts";
import { resourceCount } from "./stack.ts";
import { runSteps } from "./tasks.ts";

/** `npm run sandbox:clean`: leaves nothing of the sandbox on the machine but, unless asked for, the cache. */
export async function clean(options: { cache: boolean; verbose: boolean }): Promise<number> {
  const { context, clusterId } = await readSettings();
  if (context && clusterId && (await resourceCount()) > 0) {
    throw new UserError(`The platform is in your own cluster (context ${context}).`, [
      "Remove it there first, while it is known what there is: npm run destroy",
    ]);
  }
  await exclusively("npm run sandbox:clean", () =>
    exclusively("npm run sandbox:clean", () => remove(options), "aws"),
  );
  await rm(stateDir, { recursive: true, force: true });
  if (options.cache) await rm(cacheDir, { recursive: true, force: true });
  console.log(
    options.cache ? "Nothing is left." : `What was built is kept in ${cacheDir}: --cache removes it too.`,
  );
  return 0;
}

async function remove(options: { cache: boolean; verbose: boolean }): Promise<void> {
  await runSteps(
    [
      {
        title: "Processes, mounts, interfaces and rules of the sandbox",
        run: async (progress) => {
          const { cleanCluster } = await import("../cluster/cluster.ts");
          await cleanCluster(progress);
          return undefined;
        },
      },
      ...stopSteps({ delete: true }),
      { title: `State in ${stateDir}`, run: () => removeContent(stateDir) },
      ...(options.cache ? [{ title: `Cache in ${cacheDir}`, run: () => removeContent(cacheDir) }] : []),
    ],
    options,
  );
}

async function removeContent(folder: string): Promise<undefined> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (isLock(name)) continue; // ours, until this command ends
    await rm(join(folder, name), { recursive: true, force: true });
  }
  return undefined;
}
