import { readdir } from "node:fs/promises";
import { execa } from "execa";
import { pulumiEnv } from "../engine/engine.ts";
import { ScratchProject } from "../engine/scratch.ts";
import { repoRoot } from "../lib/paths.ts";
import { connect } from "./kube.ts";
import { localKubeconfig } from "./kubeconfig.ts";
import { UsageError, unknown } from "./options.ts";
import { recoverFromKill } from "./stack.ts";
import { createOwnStack, isOwnBackend } from "./stack-state.ts";

/** Commands of pulumi that work on an environment of this project. */
const onEnvironment = new Set(["preview", "pre", "up", "update", "refresh", "destroy", "down"]);

/** Runs pulumi with these arguments. The stack `local` gets the local platform's kubeconfig, others the user's. */
export async function pulumi(args: readonly string[]): Promise<number> {
  const stack = stackOf(args);
  const known = await environments();
  const works = onEnvironment.has(args[0] ?? "");
  // A name with a slash is an organization's; whose stacks those are is not known here.
  if (works && stack !== undefined && !stack.includes("/") && !known.includes(stack)) {
    throw new UsageError(unknown(`There is no environment ${stack}`, stack, known));
  }
  const progress = { report: () => undefined, log: (line: string) => console.error(line) };
  const env: NodeJS.ProcessEnv = await pulumiEnv(progress);
  if (stack === "local") env.KUBECONFIG = localKubeconfig;
  if (works && stack !== undefined && stack !== "local" && isOwnBackend(env)) return aside(stack, args);
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

/** The stack that the arguments name with -s or --stack. */
export function stackOf(args: readonly string[]): string | undefined {
  for (const [index, arg] of args.entries()) {
    if (arg === "-s" || arg === "--stack") return args[index + 1];
    const inline = /^(?:--stack|-s)=(.+)$/.exec(arg)?.[1];
    if (inline !== undefined) return inline;
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
