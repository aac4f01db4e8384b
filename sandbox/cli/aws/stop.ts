import { rm } from "node:fs/promises";
import { stopAws } from "../../aws/server.ts";
import { exclusively } from "../exclusive.ts";
import { runSteps, type Step } from "../tasks.ts";
import { awsFolder, runningAws } from "./home.ts";
import { forgetStacks } from "./project.ts";

/** Options of `npm run aws -- stop`. */
export interface StopOptions {
  delete: boolean;
  verbose: boolean;
}

/** `npm run aws -- stop`: ends it with its clusters. What was in it is gone, and so are the stacks' states that describe it. */
export async function stop(options: StopOptions): Promise<number> {
  return exclusively(
    "npm run aws -- stop",
    async () => {
      const running = await runningAws();
      await runSteps(stopSteps(options), options);
      console.log(
        running ? "Stopped; nothing that was in it is left." : "The simulated AWS was not running.",
      );
      if (!options.delete) console.log(`Its log and its calls are kept until the next start: ${awsFolder}`);
      return 0;
    },
    "aws",
  );
}

/** What ends it, also where a killed server has left its clusters. */
export const stopSteps = (options: { delete: boolean }): Step[] => [
  {
    title: "Simulated AWS and its clusters",
    run: async () => {
      await stopAws(awsFolder);
      await forgetStacks();
      if (options.delete) await rm(awsFolder, { recursive: true, force: true });
      return undefined;
    },
  },
];
