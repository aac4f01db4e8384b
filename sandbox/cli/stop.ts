import { UserError } from "../lib/fail.ts";
import { exclusively } from "./exclusive.ts";
import { readSettings } from "./settings.ts";
import { runSteps } from "./tasks.ts";

/** `npm run stop`: stops the sandbox; its data stays. */
export async function stop(options: { verbose: boolean }): Promise<number> {
  const { context } = await readSettings();
  if (context) {
    throw new UserError(
      `The platform runs on your own cluster (context ${context}), which is not ours to stop.`,
      ["Remove the platform from it: npm run destroy"],
    );
  }
  return exclusively("npm run stop", async () => {
    const { clusterStatus, stopCluster } = await import("../cluster/cluster.ts");
    if (!(await clusterStatus()).running) {
      console.log("The sandbox is not running.");
      return 0;
    }
    await runSteps(
      [
        {
          title: "Stopping Kubernetes",
          run: async (progress) => {
            await stopCluster(progress);
            return undefined;
          },
        },
      ],
      options,
    );
    console.log("Stopped; all data is kept. Go on: npm start");
    return 0;
  });
}
