import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { pulumiEnv } from "../engine/engine.ts";
import { UserError } from "../lib/fail.ts";
import { repoRoot, stateDir } from "../lib/paths.ts";
import type { Progress } from "../lib/progress.ts";
import { explainFailure, lastLines } from "../toolchain/diagnose.ts";
import {
  addEvent,
  changedCount,
  describeChanges,
  emptySummary,
  followEvents,
  type RunSummary,
} from "./events.ts";
import { localKubeconfig } from "./kubeconfig.ts";
import { writeLog } from "./log.ts";
import { type StackService, stackServiceSchema } from "./services.ts";
import { createOwnStack, hasUnfinishedOperations, isOwnBackend, releaseStaleLock } from "./stack-state.ts";

const stack = "local";
const policyPack = "policy";

/** The environment of every pulumi run of the local platform. */
export async function localEnvironment(): Promise<NodeJS.ProcessEnv> {
  return { ...(await pulumiEnv()), KUBECONFIG: localKubeconfig };
}

/** What `up` says when there was nothing to do. */
export const noChange = "no change";

/**
 * Brings the stack `local` up, with the policy pack enforced. Previews first: nothing is touched when a policy
 * forbids something or nothing has changed.
 * @param refresh read the cluster first, to find what was changed or deleted there by hand
 * @returns what was changed, in words
 */
export async function up(progress: Progress, { refresh }: { refresh: boolean }): Promise<string> {
  const env = await localEnvironment();
  await selectStack(env);
  await recoverFromKill(env, progress);
  const policies = ["--policy-pack", policyPack];
  const apply = ["up", "--yes", "--skip-preview", ...policies];
  if (refresh) {
    return describeChanges(await engineRun(env, [...apply, "--refresh", "--run-program"], "up", progress));
  }
  const preview = await engineRun(env, ["preview", ...policies], "preview", progress);
  const total = changedCount(preview);
  if (total === 0) return noChange;
  return describeChanges(await engineRun(env, apply, "up", progress, total));
}

/** Removes everything in the stack `local`. */
export async function destroy(progress: Progress): Promise<string> {
  const env = await localEnvironment();
  await selectStack(env);
  await recoverFromKill(env, progress);
  const result = await engineRun(env, ["destroy", "--yes", "--skip-preview"], "destroy", progress);
  return describeChanges(result);
}

/** The stack's output `services`; empty when it was never brought up. */
export async function stackServices(): Promise<StackService[]> {
  const env = await localEnvironment();
  const result = await execa("pulumi", ["stack", "output", "--json", "-s", stack, "--non-interactive"], {
    cwd: repoRoot,
    env,
    extendEnv: false,
    reject: false,
    stdin: "ignore",
  });
  if (result.failed) {
    writeLog(`pulumi stack output: ${result.stderr}`);
    if (/no stack named/.test(result.stderr)) return [];
    throw explainFailure("Reading the stack's outputs", result.stderr, [stateDir]);
  }
  const outputs = z.looseObject({ services: z.array(stackServiceSchema).default([]) });
  return outputs.parse(JSON.parse(result.stdout)).services;
}

const stackListSchema = z.array(z.looseObject({ name: z.string(), resourceCount: z.number().optional() }));

/** How many resources the state of `local` holds. */
export async function resourceCount(): Promise<number> {
  const { stdout } = await execa("pulumi", ["stack", "ls", "--json", "--non-interactive"], {
    cwd: repoRoot,
    env: await localEnvironment(),
    extendEnv: false,
    stdin: "ignore",
  });
  const found = stackListSchema
    .parse(JSON.parse(stdout))
    .find(({ name }) => name.split("/").at(-1) === stack);
  return found?.resourceCount ?? 0;
}

async function selectStack(env: NodeJS.ProcessEnv): Promise<void> {
  if (isOwnBackend(env)) return createOwnStack(stack, env);
  const options = { cwd: repoRoot, env, extendEnv: false, reject: false, stdin: "ignore" } as const;
  const result = await execa("pulumi", ["stack", "select", stack, "--create", "--non-interactive"], options);
  if (result.failed) throw explainFailure("Selecting the stack local", result.stderr, [stateDir]);
}

/** Runs the engine, shows on one line what it does, and keeps its own display in the log. */
async function engineRun(
  env: NodeJS.ProcessEnv,
  args: readonly string[],
  what: string,
  progress: Progress,
  total?: number,
): Promise<RunSummary> {
  const folder = await mkdtemp(join(tmpdir(), "ai-platform-"));
  try {
    const events = join(folder, "events.jsonl");
    const child = execa("pulumi", [...args, "-s", stack, "--non-interactive", "--event-log", events], {
      cwd: repoRoot,
      // The event log is for programs, so the CLI shows that option to those who ask for debug commands only.
      env: { ...env, PULUMI_DEBUG_COMMANDS: "true" },
      extendEnv: false,
      reject: false,
      stdin: "ignore",
      all: true,
    });
    const summary = emptySummary();
    const started = Date.now();
    const show = () => progress.report(liveLine(what, summary, total, (Date.now() - started) / 1000));
    const ticker = setInterval(show, 1000);
    await followEvents(events, child, (event) => {
      addEvent(summary, event);
      show();
    }).finally(() => clearInterval(ticker));
    const result = await child;
    writeLog(`pulumi ${args.join(" ")}:\n${result.all}`);
    for (const warning of summary.warnings) progress.log(warning);
    if (result.signal) {
      throw new UserError(`pulumi ${what} was ended by ${result.signal}.`, [
        "Run the same command again: it reads from the cluster what was done, and goes on from there.",
        ...(result.signal === "SIGKILL" ? ["Was memory short? The kernel's log says so: dmesg | tail"] : []),
      ]);
    }
    if (result.failed) throw engineFailure(what, summary, result.all);
    return summary;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function liveLine(what: string, summary: RunSummary, total: number | undefined, seconds: number): string {
  const names = [...summary.running.values()];
  const now =
    names.length > 2 ? `${names.slice(0, 2).join(", ")} and ${names.length - 2} more` : names.join(", ");
  const count = total === undefined ? `${summary.done}` : `${summary.done} of ${total}`;
  const detail = summary.latest === "" ? now : summary.latest;
  return `${what}: ${count} done, ${Math.round(seconds)} s${detail ? `: ${detail}` : ""}`;
}

function engineFailure(what: string, { errors }: RunSummary, output: string): UserError {
  // Pulumi adds an error about the run as a whole; the reasons are told by the others.
  const reasons = errors.filter(
    (line) => !/^(.* \(Stack\): )?(update|preview|refresh|destroy) failed$/.test(line),
  );
  if (reasons.length === 0) return explainFailure(`pulumi ${what}`, lastLines(output, 30), [stateDir]);
  return new UserError(`pulumi ${what} failed:\n${[...new Set(reasons)].join("\n")}`, [
    "Correct what the messages name, then run the same command again: what is done already is kept.",
    what === "preview"
      ? "All of it at length: npm run pulumi -- preview -s local --diff"
      : "See what the pods do: node sandbox/cli/main.mjs kubectl get pods --all-namespaces",
  ]);
}

/**
 * What a killed pulumi left: its lock, and operations noted as unfinished. What has become of those is read from the
 * cluster; until then every run would warn of them.
 */
export async function recoverFromKill(env: NodeJS.ProcessEnv, progress: Progress): Promise<void> {
  if (!isOwnBackend(env)) return;
  const locked = await releaseStaleLock(stack, env);
  if (!locked && !(await hasUnfinishedOperations(stack))) return;
  progress.log("an earlier run was killed: reading the state of the cluster");
  await engineRun(
    env,
    ["refresh", "--yes", "--skip-preview", "--clear-pending-creates"],
    "refresh",
    progress,
  );
}
