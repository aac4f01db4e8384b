import { readdir, readFile } from "node:fs/promises";
import { execa } from "execa";

/** What of a sandbox could be left on the host, apart from its processes. */
export interface HostState {
  interfaces: string[];
  packetFilter: string;
  mounts: string[];
  cgroups: string[];
}

/** @param owners strings that mark a mount or a cgroup as the sandbox's: its state folder, its cgroup's name */
export async function hostState(owners: readonly string[]): Promise<HostState> {
  const ours = (line: string) => owners.some((owner) => line.includes(owner));
  const mounts = (await readFile("/proc/self/mountinfo", "utf8")).split("\n").filter(ours);
  const rules = await execa("iptables-save", { reject: false });
  const found = await execa("find", ["/sys/fs/cgroup", "-maxdepth", "3", "-name", "ai-platform-*"], {
    reject: false,
  });
  return {
    interfaces: (await readdir("/sys/class/net")).sort(),
    // Without comments and counters, which change by themselves.
    packetFilter: rules.stdout.replace(/^#.*$/gm, "").replace(/\[\d+:\d+\]/g, ""),
    mounts,
    cgroups: found.stdout.split("\n").filter(ours),
  };
}
