import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ScratchProject } from "../../sandbox/engine/scratch.ts";
import { repoRoot } from "../../sandbox/lib/paths.ts";

const folder = join(".build", "failing-program");
let project: ScratchProject;

beforeAll(async () => {
  await mkdir(join(repoRoot, folder), { recursive: true });
  await writeFile(
    join(repoRoot, folder, "index.ts"),
    `interface Plan { size?: { gi: number } }

export function run() {
  return broken({});
}

function broken(plan: Plan): number {
  return (plan.size as { gi: number }).gi;
}
`,
  );
  project = await ScratchProject.create("program.mjs");
  await writeFile(
    join(project.folder, "program.mjs"),
    `import lean from ${JSON.stringify(join(repoRoot, "runtime/lean.cjs"))};
import load from ${JSON.stringify(join(repoRoot, "runtime/load.cjs"))};
lean.lean();
export default load.load(${JSON.stringify(join(folder, "index.ts"))}).run;
`,
  );
  await project.pulumi("stack", "init", "local", "--no-select");
}, 300_000);

afterAll(async () => {
  await project.remove();
  await rm(join(repoRoot, folder), { recursive: true, force: true });
});

test("an error that ends the program shows the lines of the TypeScript source", async () => {
  const { all, exitCode } = await project.pulumi("preview", "--stack=local");
  expect(exitCode).not.toBe(0);
  expect(all).toContain("Cannot read properties of undefined (reading 'gi')");
  expect(all).toContain(`at broken (${join(repoRoot, folder, "index.ts")}:8:40)`);
  expect(all).toContain(`at run (${join(repoRoot, folder, "index.ts")}:4:10)`);
}, 120_000);
