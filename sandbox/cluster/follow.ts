import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { statusFile } from "./layout.ts";

const componentSchema = z.object({
  name: z.string(),
  state: z.enum(["waiting", "starting", "ready", "restarting"]),
  restarts: z.number(),
  detail: z.string().optional(),
});

const statusSchema = z.object({
  phase: z.enum(["starting", "ready", "stopping", "stopped", "failed"]),
  error: z.string().optional(),
  components: z.array(componentSchema),
});

/** A component of the node (kubelet, etcd, ...) or a step of its start ("cluster DNS"). */
export type ComponentStatus = z.infer<typeof componentSchema>;

/** What the node says of itself. */
export type NodeStatus = z.infer<typeof statusSchema>;

/** The status that the node wrote last; it says nothing of whether the node still runs. */
export async function readStatus(): Promise<NodeStatus | undefined> {
  const text = await readFile(statusFile, "utf8").catch(() => undefined);
  return text === undefined ? undefined : statusSchema.parse(JSON.parse(text));
}

/** How often the status file is looked at, milliseconds. Watching a file that is replaced would need a look as well. */
const interval = 50;

/**
 * Reads the status until it satisfies `enough`.
 * @returns undefined when `gone` says that nobody will write it any more
 */
export async function followStatus(
  enough: (status: NodeStatus) => boolean,
  onStatus: (status: NodeStatus) => void,
  gone: () => Promise<boolean>,
): Promise<NodeStatus | undefined> {
  for (;;) {
    // Asked before reading: what a process wrote before its end is still read.
    const over = await gone();
    const status = await readStatus();
    if (status) {
      onStatus(status);
      if (enough(status)) return status;
    }
    if (over) return undefined;
    await sleep(interval);
  }
}

/** "waiting for kubelet, cluster DNS (12 of 15 ready)" */
export function describeStart({ components }: NodeStatus): string {
  const ready = components.filter(({ state }) => state === "ready");
  const busy = components.filter(({ state }) => state === "starting" || state === "restarting");
  const names = busy.map(({ name, restarts }) => (restarts > 0 ? `${name} (restarted ${restarts}x)` : name));
  return `waiting for ${names.join(", ") || "the first component"} (${ready.length} of ${components.length} ready)`;
}
