import { programs as enginePrograms } from "../engine/engine.ts";
import { UsageError, unknown } from "./options.ts";
import { buildSteps } from "./programs.ts";
import { runSteps } from "./tasks.ts";

/** `build`: builds all Go programs of the sandbox, or those named. */
export async function build(options: { verbose: boolean }, names: readonly string[]): Promise<number> {
  const { programs: clusterPrograms } = await import("../cluster/cluster.ts");
  const programs = [...enginePrograms, ...clusterPrograms];
  const known = programs.map(({ name }) => name);
  for (const name of names) {
    if (!known.includes(name)) throw new UsageError(unknown(`build: unknown program ${name}`, name, known));
  }
  const chosen = names.length === 0 ? programs : programs.filter(({ name }) => names.includes(name));
  await runSteps(buildSteps(chosen), options);
  return 0;
}
