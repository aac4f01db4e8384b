import type { Task } from "./criticalPath.ts";

/**
 * How long tasks take with so many at once at most, each beginning as soon as what it waits for has ended and a place is
 * free, those first that are first in the list. So the engine works: `--parallel`, by default four per processor.
 * Source: Pulumi 3.259, pkg/resource/deploy/step_executor.go; pkg/cmd/pulumi, `defaultParallel`.
 * @param slots 1 or more
 * @returns seconds; tasks in a circle, and what waits for them, never begin
 */
export function schedule(tasks: readonly Task[], slots: number): number {
  const known = new Set(tasks.map(({ id }) => id));
  const waiting = new Map(tasks.map((task) => [task.id, task.after.filter((id) => known.has(id))]));
  const done = new Set<string>();
  let running: { readonly id: string; readonly end: number }[] = [];
  let now = 0;
  for (;;) {
    for (const { id, seconds } of tasks) {
      if (running.length === slots) break;
      if (waiting.get(id)?.every((other) => done.has(other)) !== true) continue;
      waiting.delete(id);
      running.push({ id, end: now + seconds });
    }
    if (running.length === 0) return now;
    now = Math.min(...running.map(({ end }) => end));
    for (const { end, id } of running) if (end === now) done.add(id);
    running = running.filter(({ end }) => end > now);
  }
}
