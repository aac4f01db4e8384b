import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { usualSeconds } from "../../../catalog/durations.ts";
import { graphOf } from "../../../report/timing/graph.ts";
import { type StepEvent, stepEventOf, stepEventSchema, worksOf } from "../../../report/timing/run.ts";
import { type Timing, timingOf } from "../../../report/timing/timing.ts";
import { writeWhole } from "../../aws/orders.ts";
import { followEvents } from "../events.ts";
import { stateFile } from "../stack-state.ts";
import { awsFolder } from "./home.ts";
import { awsStacks } from "./project.ts";

const recordSchema = z.object({
  events: z.array(stepEventSchema),
  graph: z.array(z.object({ urn: z.string(), custom: z.boolean(), after: z.array(z.string()) })),
});

const recordFile = (stack: string) => join(awsFolder, "timing", `${stack}.json`);

/** How often the events are looked at: what the engine writes has whole seconds, and here they mean minutes. */
const interval = 20;

/**
 * Runs pulumi with a log of its events, and keeps when each resource was made and what it waited for.
 * @param run gets the arguments that make pulumi write the log, and the variables
 * @returns whether it changed anything, which is kept then
 */
export async function recorded(
  stack: string,
  run: (args: readonly string[], env: NodeJS.ProcessEnv) => Promise<number>,
): Promise<{ readonly exitCode: number; readonly changed: boolean }> {
  const folder = await mkdtemp(join(tmpdir(), "ai-platform-"));
  try {
    const file = join(folder, "events.jsonl");
    const events: StepEvent[] = [];
    // The event log is for programs, so the CLI shows that option to those who ask for debug commands only.
    const running = run(["--event-log", file], { PULUMI_DEBUG_COMMANDS: "true" });
    const follow = (event: unknown) => {
      const step = stepEventOf(event, Date.now() / 1000);
      if (step !== undefined) events.push(step);
    };
    await followEvents(file, running, follow, interval);
    const exitCode = await running;
    const changed = worksOf(events).length > 0;
    if (changed) await keep(stack, events);
    return { exitCode, changed };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function keep(stack: string, events: readonly StepEvent[]): Promise<void> {
  const state: unknown = JSON.parse(await readFile(stateFile(stack, awsStacks), "utf8"));
  await mkdir(join(awsFolder, "timing"), { recursive: true });
  await writeWhole(recordFile(stack), { events, graph: graphOf(state) });
}

/** Where the time of the last run went that changed an environment; undefined where none is kept. */
export async function lastTiming(stack: string): Promise<Timing | undefined> {
  const text = await readFile(recordFile(stack), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const { events, graph } = recordSchema.parse(JSON.parse(text));
  return timingOf(worksOf(events), graph, usualSeconds);
}
