import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ScratchProject } from "../../sandbox/engine/scratch.ts";
import { repoRoot } from "../../sandbox/lib/paths.ts";

/**
 * Lets a project build its images from sources of its own, which a test may change. They are where the repository's are,
 * seen from the program's folder.
 * @returns folder of the experiments service
 */
export async function ownSources({ folder }: ScratchProject): Promise<string> {
  const service = join(folder, "services/experiments");
  await rm(join(folder, "services"));
  for (const item of ["Dockerfile", ".dockerignore", "requirements.lock", "experiments"]) {
    await cp(join(repoRoot, "services/experiments", item), join(service, item), {
      recursive: true,
      filter: (path) => !path.includes("__pycache__"),
    });
  }
  for (const whole of ["services/adapter", "services/training", "m2m", "training"]) {
    await cp(join(repoRoot, whole), join(folder, whole), {
      recursive: true,
      filter: (path) => !path.includes("__pycache__"),
    });
  }
  await mkdir(join(folder, "program"));
  const [load, root] = [join(repoRoot, "runtime/load.cjs"), folder].map((path) => JSON.stringify(path));
  await writeFile(
    join(folder, "program/main.mjs"),
    `import load from ${load};\nexport default () => load.load("stacks/index.ts").run(${root});\n`,
  );
  await writeFile(
    join(folder, "Pulumi.yaml"),
    "name: ai-platform\nmain: program/main.mjs\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n",
  );
  return service;
}
