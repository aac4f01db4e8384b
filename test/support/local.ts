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
  const children = new Map<number, number[]>();
  for (const entry of await readdir("/proc")) {
    const stat = /^\d+$/.test(entry) ? await readFile(`/proc/${entry}/stat`, "utf8").catch(() => "") : "";
    const parent = Number(/\) \S (\d+)/.exec(stat)?.[1]);
    if (parent) children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  const family = [root];
  for (const pid of family) family.push(...(children.get(pid) ?? []));
  for (const pid of family) process.kill(pid, "SIGKILL");
}
