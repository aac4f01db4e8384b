import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import Table from "cli-table3";
import { localKubeconfig } from "../sandbox/cli/kubeconfig.ts";
import { pulumiEnv } from "../sandbox/engine/engine.ts";
import { ScratchProject } from "../sandbox/engine/scratch.ts";
import { repoRoot } from "../sandbox/lib/paths.ts";
import { render } from "../test/support/render.ts";
import { renderStack } from "../test/support/stacks.ts";
import { writeFlatProgram } from "./flat.ts";
import { type Contender, compare, measure, type Standing } from "./measure.ts";
import { manyServices, resourcesPerService } from "./thousand.ts";

/**
 * What a preview costs, against the floor: the same resources registered flat by a plain compiled program. The floor
 * comes twice, with everything at its default and with the settings that our programs get: runtime/lean.cjs, and what the
 * sandbox sets for the engine.
 */

const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
const resourceCount = 1000;

async function contender(
  name: string,
  program: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<Contender & { project: ScratchProject }> {
  const project = await ScratchProject.create(program);
  Object.assign(project.env, env);
  const { all, exitCode } = await project.pulumi("stack", "init", "local", "--no-select");
  if (exitCode !== 0) throw new Error(all);
  const command = ["pulumi", "preview", "--stack=local", "--non-interactive", "--suppress-progress"];
  return { name, project, run: () => measure(command, { cwd: project.folder, env: project.env }) };
}

async function floors(resources: Awaited<ReturnType<typeof render>>, env: NodeJS.ProcessEnv) {
  const plain = await contender("floor, default settings", "flat.cjs", env);
  await withDefaults(plain.project);
  await writeFlatProgram(resources, join(plain.project.folder, "flat.cjs"));
  const equal = await contender("floor, our settings", "quiet.cjs", env);
  await writeFlatProgram(resources, join(equal.project.folder, "flat.cjs"));
  await writeFile(
    join(equal.project.folder, "quiet.cjs"),
    `require(${JSON.stringify(join(repoRoot, "runtime/lean.cjs"))}).lean();\nrequire("./flat.cjs");\n`,
  );
  return { plain, equal };
}

/** The engine as its installer leaves it: Go's own garbage collection, and a home in which it keeps its debug log. */
async function withDefaults({ env, folder }: ScratchProject): Promise<void> {
  const home = join(folder, "home");
  await mkdir(home);
  await symlink(join(env.PULUMI_HOME ?? "", "plugins"), join(home, "plugins"));
  Object.assign(env, { PULUMI_HOME: home, GOGC: "100", GOMEMLIMIT: "off" });
}

/** The server's part is the same for all and would hide what differs: previews run without a cluster. */
const offline = { KUBECONFIG: "/nonexistent" };

async function thousand(): Promise<Standing[]> {
  const services = resourceCount / resourcesPerService;
  const env = { ...offline, BENCH_SERVICES: String(services) };
  const name = `ours, ${resourceCount} resources in ${services} components`;
  const ours = await contender(name, "bench/components.mjs", env);
  const { equal, plain } = await floors(await render(() => manyServices(services)), env);
  return race([plain, equal, ours]);
}

async function local(): Promise<Standing[]> {
  const ours = await contender("ours, stack local", undefined, offline);
  const { equal, plain } = await floors(await renderStack("local"), offline);
  return race([plain, equal, ours]);
}

/** The running platform itself, with the real API server asked about every object. */
async function unchanged(): Promise<Standing[]> {
  const env = { ...(await pulumiEnv()), KUBECONFIG: localKubeconfig };
  const of = (name: string, ...args: string[]): Contender => ({
    name,
    run: () => measure(["pulumi", ...args, "--stack=local", "--non-interactive"], { cwd: repoRoot, env }),
  });
  return compare(
    [
      of("preview of the running platform", "preview", "--expect-no-changes"),
      of("the same with policies", "preview", "--expect-no-changes", "--policy-pack=policy"),
      of("up without a change", "up", "--yes", "--skip-preview", "--expect-no-changes"),
    ],
    rounds,
    (line) => console.error(line),
  );
}

async function race(contenders: [Racer, ...Racer[]]): Promise<Standing[]> {
  try {
    return await compare(contenders, rounds, (line) => console.error(line));
  } finally {
    for (const { project } of contenders) await project.remove();
  }
}

type Racer = Awaited<ReturnType<typeof contender>>;

function show(title: string, standings: readonly Standing[]) {
  const table = new Table({
    head: ["", "wall s", "CPU s", "peak MiB", "wall", "CPU", "memory"],
    style: { head: [] },
  });
  for (const { cpuRatio, median, memoryRatio, name, wallRatio } of standings) {
    const figures = [median.wallSeconds, median.cpuSeconds, median.peakMiB].map((value) => value.toFixed(1));
    table.push([name, ...figures, ...[wallRatio, cpuRatio, memoryRatio].map((value) => value.toFixed(2))]);
  }
  console.log(`\n${title}\n${table.toString()}`);
}

/** @returns the figures, for the record */
export async function previewBench(): Promise<Record<string, readonly Standing[]>> {
  const results: Record<string, readonly Standing[]> = {};
  const parts = { thousand, local, unchanged };
  for (const [name, part] of Object.entries(parts)) {
    results[name] = await part();
    show(titles[name] ?? name, results[name]);
  }
  return results;
}

const titles: Record<string, string> = {
  thousand: `preview of ${resourceCount} resources, no cluster`,
  local: "preview of local, no cluster",
  unchanged: "local, running: nothing to change",
};
