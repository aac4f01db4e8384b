import { programs as enginePrograms } from "../engine/engine.ts";
import { findOfficial } from "../engine/install.ts";
import { buildGo, type GoProgram } from "../toolchain/go.ts";
import type { Step } from "./tasks.ts";

/** What has to be built here: nothing of the engine where the official Pulumi is installed. */
export async function neededPrograms(options: { cluster: boolean }): Promise<GoProgram[]> {
  const needed = (await findOfficial()) ? [] : [...enginePrograms];
  if (options.cluster) needed.push(...(await import("../cluster/cluster.ts")).programs);
  return needed;
}

/** One step per program. */
export const buildSteps = (programs: readonly GoProgram[]): Step[] =>
  programs.map((program) => ({
    title: program.name,
    run: async (progress) => {
      await buildGo(program, progress);
      return undefined;
    },
  }));
