import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa, type Options } from "execa";
import { localKubeconfig } from "../../sandbox/cli/kubeconfig.ts";
import { binDir, repoRoot } from "../../sandbox/lib/paths.ts";

const quiet = { cwd: repoRoot, all: true, reject: false, stdin: "ignore" } as const satisfies Options;

/** Runs a command of the project's command line: `cli("status", "--json")`. */
export function cli(...args: string[]) {
  return execa("node", ["sandbox/cli/main.mjs", ...args], quiet);
}

/** A service as `npm run status` shows it. */
export interface Service {
  readonly name: string;
  readonly url?: string;
  readonly ready: boolean;
  readonly auth: { readonly kind: string };
}

export async function services(): Promise<Service[]> {
  const { all, exitCode, stdout } = await cli("status", "--json");
  if (exitCode !== 0) throw new Error(`status ended with ${exitCode}:\n${all}`);
  return JSON.parse(stdout).services;
}

/** Where a service answers from outside. */
export async function urlOf(name: string): Promise<string> {
  const url = (await services()).find((service) => service.name === name)?.url;
  if (url === undefined) throw new Error(`${name} has no URL`);
  return url;
}

/** The adapter at the gateway, without `/v1`. */
export const adapterOrigin = async () => (await urlOf("adapter")).replace(/\/v1$/, "");

/** The first key of a team, as one of its members reads it. */
export async function teamKey(team: string): Promise<string> {
  const secret = `adapter-keys-${team}`;
  const encoded = await kubectlOutput(
    "get",
    "secret",
    secret,
    "--namespace=ai-models",
    "--output=jsonpath={.data.first}",
  );
  return Buffer.from(encoded, "base64").toString();
}

/** Runs kubectl against the local platform's cluster. */
export function kubectl(...args: string[]) {
  return execa(
    join(binDir, "ai-platform-node"),
    ["kubectl", `--kubeconfig=${localKubeconfig}`, ...args],
    quiet,
  );
}

/** Output of kubectl, which must succeed. */
export async function kubectlOutput(...args: string[]): Promise<string> {
  const { all, exitCode, stdout } = await kubectl(...args);
  if (exitCode !== 0) throw new Error(`kubectl ${args.join(" ")} ended with ${exitCode}:\n${all}`);
  return stdout;
}

/** Runs a program in a pod of a workload. */
export const inPod = (namespace: string, workload: string, ...command: string[]) =>
  kubectlOutput("exec", `--namespace=${namespace}`, workload, "--", ...command);

/** Tries until it succeeds or the time is over; then the last failure is the result. */
export async function eventually<T>(seconds: number, attempt: () => Promise<T>): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

/** Ends a process and all that descends from it as a power cut would: SIGKILL, no goodbye. */
export async function killTree(root: number | undefined): Promise<void> {
  if (root === undefined) throw new Error("there is no process to kill");
  // What is stopped starts no more children: the family is whole when a look finds none that still runs.
  const family = new Set([root]);
  for (let found = 0; found < family.size; ) {
    found = family.size;
    for (const pid of family) send(pid, "SIGSTOP");
    const processes = await processTable();
    for (const { pid, parent } of processes) if (family.has(parent)) family.add(pid);
  }
  for (const pid of family) send(pid, "SIGKILL");
  await eventually(30, async () => {
    const alive = (await processTable()).filter(({ pid, state }) => family.has(pid) && !"ZX".includes(state));
    if (alive.length > 0) throw new Error(`${alive.length} processes outlive SIGKILL`);
  });
}

async function processTable(): Promise<{ pid: number; state: string; parent: number }[]> {
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")));
  return stats.flatMap((stat) => {
    const [, pid, state, parent] = /^(\d+) .*\) (\S) (\d+)/s.exec(stat) ?? [];
    return state === undefined ? [] : [{ pid: Number(pid), state, parent: Number(parent) }];
  });
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
