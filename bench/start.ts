import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Table from "cli-table3";
import { execa } from "execa";
import { z } from "zod";
import { repoRoot, stateDir } from "../sandbox/lib/paths.ts";

const timings = z.object({
  seconds: z.number(),
  steps: z.array(z.object({ step: z.string(), seconds: z.number() })),
});

type Timings = z.output<typeof timings>;

/** `npm start` with everything there: on a fresh machine run it once before. */
export async function warmStartBench(): Promise<Timings> {
  return shown("npm start, warm, platform running", await start({}, []));
}

/**
 * `npm start` with nothing there but Debian's packages: caches, modules and state in a folder that is thrown away.
 * Takes a quarter of an hour and 15 GB.
 */
export async function coldStartBench(): Promise<{ cold: Timings; restarted: Timings }> {
  const folder = await mkdtemp(join(tmpdir(), "ai-platform-cold-"));
  const env = {
    AI_PLATFORM_CACHE: join(folder, "cache"),
    AI_PLATFORM_STATE: join(folder, "state"),
    GOCACHE: join(folder, "go-build"),
    GOMODCACHE: join(folder, "go-mod"),
    GOFLAGS: "-modcacherw",
    PIP_NO_CACHE_DIR: "1",
    // This benchmark itself runs in the environment of a sandbox, which the new one must not take for an installation.
    AI_PLATFORM_ENGINE: "sandbox",
    PULUMI_HOME: undefined,
    PULUMI_BACKEND_URL: undefined,
  };
  const ports = ["--port=18080", "--api-port=16443"];
  try {
    const cold = shown("npm start, nothing there", await start(env, ports));
    await run(env, "stop");
    const restarted = shown("npm start after npm run stop", await start(env, ports));
    return { cold, restarted };
  } finally {
    await run(env, "clean", "--cache");
    await rm(folder, { recursive: true, force: true });
  }
}

async function start(env: NodeJS.ProcessEnv, args: string[]): Promise<Timings> {
  await run(env, "start", ...args);
  const file = join(env.AI_PLATFORM_STATE ?? stateDir, "start-timings.json");
  return timings.parse(JSON.parse(await readFile(file, "utf8")));
}

const run = (env: NodeJS.ProcessEnv, ...args: string[]) =>
  execa("node", ["sandbox/cli/main.mjs", ...args], { cwd: repoRoot, env, stdio: ["ignore", 2, 2] });

function shown(title: string, result: Timings): Timings {
  const table = new Table({ head: ["step", "s"], style: { head: [] } });
  for (const { seconds, step } of result.steps) table.push([step, seconds.toFixed(1)]);
  table.push(["all", result.seconds.toFixed(1)]);
  console.log(`\n${title}\n${table.toString()}`);
  return result;
}
