import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Living } from "./living.ts";

const minutes = 60_000;

/** A state that is carried to another backend. */
export function lostState(life: () => Living): void {
  test(
    "a state that is exported is the same elsewhere",
    async () => {
      const file = await exported(life());
      const there = await elsewhere(life(), "moved");
      await there("stack", "import", "--stack", life().environment, "--file", file);
      expect(await there("preview", "--stack", life().environment)).toMatch(/Resources:\s+\d{3} unchanged/);
    },
    5 * minutes,
  );
}

async function exported(life: Living): Promise<string> {
  const file = join(life.project.folder, "state.json");
  await life.succeed("stack", "export", "--stack", life.environment, "--file", file);
  return file;
}

/** An empty backend with a stack of the same name. @returns runs `pulumi` there */
async function elsewhere({ environment, project }: Living, name: string) {
  const folder = join(project.folder, name);
  await mkdir(folder);
  const there = project.withBackend(`file://${folder}`);
  const run = async (...args: readonly string[]) => {
    const { all, exitCode, stdout } = await there.pulumi(...args);
    if (exitCode !== 0) throw new Error(`pulumi ${args.join(" ")} failed:\n${all.slice(-5000)}`);
    return args.includes("--json") ? stdout : all;
  };
  await run("stack", "init", environment, "--no-select");
  return run;
}
