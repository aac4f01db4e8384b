import { Listr, type ListrTask } from "listr2";
import type { Progress } from "../lib/progress.ts";
import pc from "./colors.ts";
import { writeLog } from "./log.ts";

/** One line of the task list: either work, or steps below it. */
export interface Step {
  title: string;
  /** Does the work. A returned text is shown beside the title: "12 packages", "no change". */
  run?: (progress: Progress) => Promise<string | undefined>;
  /** Steps below this one. */
  steps?: readonly Step[];
}

/** How long a step took. */
export interface Timing {
  step: string;
  seconds: number;
  result?: string;
  steps?: Timing[];
}

/** Where there is no terminal, one line of progress at most every so often, seconds. */
const plainInterval = 15;

/** Runs the steps in order; the first failure ends the run. A live list on a terminal, plain lines elsewhere. */
export async function runSteps(steps: readonly Step[], { verbose }: { verbose: boolean }): Promise<Timing[]> {
  const timings: Timing[] = [];
  if (process.stdout.isTTY && !verbose) {
    await new Listr(
      steps.map((step) => liveTask(step, timings)),
      {
        registerSignalListeners: false,
        exitOnError: true,
        rendererOptions: { collapseSubtasks: true, showErrorMessage: false, formatOutput: "truncate" },
      },
    ).run();
  } else {
    for (const step of steps) await runPlain(step, "", timings, verbose);
  }
  return timings;
}

function liveTask(step: Step, timings: Timing[]): ListrTask {
  return {
    title: step.title,
    task: (_, wrapper) => {
      const timing = begin(step, timings);
      const finish = (result?: string) => {
        wrapper.title = finishedTitle(step.title, timing.end(result));
      };
      if (step.steps) {
        const below = step.steps.map((child) => liveTask(child, timing.below()));
        return wrapper.newListr([...below, { task: () => finish() }], { exitOnError: true });
      }
      const progress = throttled(step.title, 0, (line) => {
        wrapper.output = line;
      });
      return step.run?.(progress).then(finish);
    },
  };
}

async function runPlain(step: Step, prefix: string, timings: Timing[], verbose: boolean): Promise<void> {
  const title = `${prefix}${step.title}`;
  const timing = begin(step, timings);
  for (const child of step.steps ?? []) await runPlain(child, `${title}: `, timing.below(), verbose);
  const progress = throttled(title, verbose ? 0 : plainInterval * 1000, (line) =>
    console.log(`  ${title}: ${line}`),
  );
  const ended = timing.end(await step.run?.(progress));
  if (!step.steps) console.log(`${pc.green("✔")} ${finishedTitle(title, ended)}`);
}

/** Starts the clock of a step; its timing is in the list from the start, so that a failed run shows it too. */
function begin({ title }: Step, timings: Timing[]) {
  const started = Date.now();
  const timing: Timing = { step: title, seconds: 0 };
  timings.push(timing);
  return {
    below: () => {
      timing.steps ??= [];
      return timing.steps;
    },
    end: (result: string | undefined) => {
      timing.seconds = Math.round((Date.now() - started) / 100) / 10;
      if (result) timing.result = result;
      writeLog(`${title}: ${result ?? "done"}, ${timing.seconds} s`);
      return timing;
    },
  };
}

const finishedTitle = (title: string, { result, seconds }: Timing): string =>
  `${title}${result ? `: ${result}` : ""} ${pc.dim(`(${seconds} s)`)}`;

/** @param interval milliseconds between two shown reports at least; lines of `log` are always shown */
function throttled(title: string, interval: number, show: (line: string) => void): Progress {
  let last = Date.now();
  return {
    report: (line) => {
      if (interval > 0 && Date.now() - last < interval) return;
      last = Date.now();
      show(line);
    },
    log: (line) => {
      writeLog(`${title}: ${line}`);
      show(line);
    },
  };
}

/** One line of progress outside a task list: rewritten on a terminal, printed now and then elsewhere. */
export function liveLine(title: string, verbose: boolean): { progress: Progress; end: () => void } {
  const live = process.stdout.isTTY && !verbose;
  const width = process.stdout.columns ?? 80;
  const interval = live || verbose ? 0 : plainInterval * 1000;
  const progress = throttled(title, interval, (line) => {
    const text = `${title}: ${line}`;
    process.stdout.write(live ? `\r\x1b[K${text.slice(0, width - 1)}` : `${text}\n`);
  });
  return {
    progress,
    end: () => {
      if (live) process.stdout.write("\r\x1b[K");
    },
  };
}
