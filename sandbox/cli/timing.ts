import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { timingDocument, timingSchema } from "../../report/timing/document.ts";
import { timingPage } from "../../report/timing/gantt.ts";
import { graphOf } from "../../report/timing/graph.ts";
import { stepEventOf, worksOf } from "../../report/timing/run.ts";
import { renderTiming, timingMarkdown } from "../../report/timing/text.ts";
import { type Timing, timingOf } from "../../report/timing/timing.ts";
import { UserError } from "../lib/fail.ts";
import { describedInAws } from "./aws/home.ts";
import { lastTiming } from "./aws/record.ts";
import { UsageError } from "./options.ts";

/** Options of `npm run timing`. */
export interface TimingOptions {
  events?: string | undefined;
  state?: string | undefined;
  json: boolean;
  markdown: boolean;
  html?: string | undefined;
}

/** `npm run timing`: where the time of a deployment went. */
export async function timing(options: TimingOptions, words: readonly string[]): Promise<number> {
  const { made, title } = await chosen(options, words);
  if (options.json && options.markdown) throw new UsageError("timing: --json or --markdown, not both");
  if (options.html !== undefined) {
    await writeFile(pathOf(options.html), timingPage(title, made));
    console.error(`Written: ${pathOf(options.html)}`);
  }
  if (options.json) console.log(JSON.stringify(timingSchema.parse(timingDocument(made)), null, 2));
  else if (options.markdown) console.log(timingMarkdown(title, made));
  else console.log(renderTiming(made, { color: process.stdout.isTTY === true }));
  return 0;
}

const pathOf = (file: string): string => resolve(process.env.INIT_CWD ?? process.cwd(), file);

async function chosen(
  { events, state }: TimingOptions,
  words: readonly string[],
): Promise<{ readonly title: string; readonly made: Timing }> {
  const [environment, ...more] = words;
  if (more.length > 0) throw new UsageError(`timing: one environment, not ${words.join(" ")}`);
  if ((events === undefined) !== (state === undefined)) {
    throw new UsageError(
      "timing: --events FILE and --state FILE go together: `pulumi up --event-log FILE` writes the one (with PULUMI_DEBUG_COMMANDS=true), `pulumi stack export --file FILE` the other",
    );
  }
  if (events !== undefined && state !== undefined) {
    if (environment !== undefined)
      throw new UsageError("timing: an environment, or --events and --state, not both");
    return { title: `Deployment of ${events}`, made: await timingOfFiles(pathOf(events), pathOf(state)) };
  }
  const { environment: stack } = describedInAws("timing", environment);
  const made = await lastTiming(stack);
  if (made === undefined) {
    throw new UserError(`There is no timing of ${stack}: it has not been changed in the simulated AWS.`, [
      `Bring it up there: npm run aws -- start && npm run pulumi -- up -s ${stack} --yes`,
    ]);
  }
  return { title: `Deployment of ${stack} in the simulated AWS`, made };
}

/** A run against an account: the times are AWS's own, in whole seconds. */
async function timingOfFiles(events: string, state: string): Promise<Timing> {
  const steps = (await textOf(events))
    .split("\n")
    .filter((line) => line !== "")
    .flatMap((line) => stepEventOf(parsed(events, line)) ?? []);
  const works = worksOf(steps);
  if (works.length === 0) throw new UserError(`${events} tells of nothing that was made or changed.`);
  try {
    return timingOf(works, graphOf(parsed(state, await textOf(state))));
  } catch (error) {
    if (error instanceof z.ZodError)
      throw new UserError(`${state} is no state of a stack:\n${z.prettifyError(error)}`);
    throw error;
  }
}

const textOf = (file: string): Promise<string> =>
  readFile(file, "utf8").catch(() => {
    throw new UserError(`${file} cannot be read.`);
  });

function parsed(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UserError(`${file} is not JSON.`);
  }
}
