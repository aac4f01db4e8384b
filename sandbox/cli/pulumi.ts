import { readdir } from "node:fs/promises";
import { execa } from "execa";
import { pulumiEnv } from "../engine/engine.ts";
import { ScratchProject } from "../engine/scratch.ts";
import { UserError } from "../lib/fail.ts";
import { repoRoot } from "../lib/paths.ts";
import { leadsToSimulated, ownCredentials } from "./aws/environment.ts";
import { runningAws } from "./aws/home.ts";
import { awsBackend } from "./aws/project.ts";
import { callsProvider, commandOf, routeOf } from "./aws/route.ts";
import { connect } from "./kube.ts";
import { localKubeconfig } from "./kubeconfig.ts";
import { UsageError, unknown } from "./options.ts";
import { recoverFromKill } from "./stack.ts";
import { createOwnStack, isOwnBackend, ownBackend } from "./stack-state.ts";

/** Runs pulumi with these arguments. The stack `local` gets the local platform's kubeconfig, others the user's. */
export async function pulumi(args: readonly string[]): Promise<number> {
  const stack = stackOf(args) ?? process.env.PULUMI_STACK;
  const command = commandOf(args);
  const known = await environments();
  const works = callsProvider(command);
  // A name with a slash is an organization's; whose stacks those are is not known here.
  if (works && stack !== undefined && !stack.includes("/") && !known.includes(stack)) {
    throw new UsageError(unknown(`There is no environment ${stack}`, stack, known));
  }
  const progress = { report: () => undefined, log: (line: string) => console.error(line) };
  const aws = await runningAws();
  const backend = userBackend(process.env);
  const route = routeOf({
    command,
    options: args,
    stack,
    backend,
    credentials: ownCredentials(process.env),
    led: leadsToSimulated(process.env),
    running: aws !== undefined,
  });
  if (route.to === "nowhere") throw new UserError(route.why, route.remedy);
  if (route.to === "simulated" && aws !== undefined) {
    return (await import("./aws/run.ts")).runSimulated(aws, route.stack, command, args, progress);
  }
  const env: NodeJS.ProcessEnv = {
    ...(await pulumiEnv(progress)),
    ...(backend === undefined ? { PULUMI_BACKEND_URL: ownBackend } : {}),
  };
  if (stack === "local") env.KUBECONFIG = localKubeconfig;
  if (route.to === "aside" && stack !== undefined) return aside(stack, args);
  if (works && stack === "local" && changesSomething(args)) {
    // Else the run would fail at every object, with half of the rest done.
    await (await connect()).raw("/version");
    await recoverFromKill(env, progress);
  }
  if (works && stack !== undefined && isOwnBackend(env)) await createOwnStack(stack, env);
  const result = await execa("pulumi", args, {
    cwd: repoRoot,
    env,
    extendEnv: false,
    stdio: "inherit",
    reject: false,
  });
  return result.exitCode ?? 1;
}

/** Where the user keeps stacks; undefined where nothing is set, or what `npm run aws -- env` has set. */
function userBackend({ PULUMI_BACKEND_URL: url }: NodeJS.ProcessEnv): string | undefined {
  return url === undefined || isOwnBackend({ PULUMI_BACKEND_URL: url }) || url === awsBackend
    ? undefined
    : url;
}

/** A preview locks nothing and does without a cluster, and so does help. */
const changesSomething = ([command, ...options]: readonly string[]): boolean =>
  !command?.startsWith("pre") && !options.some((option) => option === "--help" || option === "-h");

/** An environment whose state nobody keeps: it is worked on in a project of its own that is thrown away. */
async function aside(stack: string, args: readonly string[]): Promise<number> {
  const project = await ScratchProject.create();
  try {
    const created = await project.pulumi("stack", "init", stack, "--no-select");
    if (created.exitCode !== 0) throw new Error(created.all);
    const { folder: cwd, env } = project;
    const result = await execa("pulumi", args, {
      cwd,
      env,
      extendEnv: false,
      stdio: "inherit",
      reject: false,
    });
    return result.exitCode ?? 1;
  } finally {
    await project.remove();
  }
}

/** The stack that the arguments name with -s or --stack, also in one word with options without a value: `-ys dev`. */
export function stackOf(args: readonly string[]): string | undefined {
  for (const [index, arg] of args.entries()) {
    const option = /^(?:--stack|-[dfjyeQ]*s)(?:$|=(.+)$)/.exec(arg) ?? /^-[dfjyeQ]*s(.+)$/.exec(arg);
    if (option) return option[1] ?? args[index + 1];
  }
  return undefined;
}

/** Every environment has a file of settings beside Pulumi.yaml. */
async function environments(): Promise<string[]> {
  const names = await readdir(repoRoot);
  return names.flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? []).sort();
}

/** Prints `export` lines for a POSIX shell. */
export async function printEnvironment(): Promise<number> {
  const env: NodeJS.ProcessEnv = { ...(await pulumiEnv()), KUBECONFIG: localKubeconfig };
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && value !== process.env[name])
      console.log(`export ${name}=${shellQuote(value)}`);
  }
  return 0;
}

/** Quotes a word for a POSIX shell. */
export const shellQuote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
