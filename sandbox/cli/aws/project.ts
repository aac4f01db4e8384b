import { access, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, parseDocument } from "yaml";
import { z } from "zod";
import type { SimulatedAws } from "../../aws/server.ts";
import { layOutProject, projectEnvironment, stackFile } from "../../engine/scratch.ts";
import { repoRoot } from "../../lib/paths.ts";
import type { Progress } from "../../lib/progress.ts";
import { createOwnStack, type KeptStacks, releaseStaleLock, stateFile } from "../stack-state.ts";
import { simulatedEnvironment } from "./environment.ts";
import { awsEnvironments, awsFolder } from "./home.ts";

const project = join(awsFolder, "project");

/** The project whose stacks are in the simulated AWS: made when it is first used, gone with the simulated AWS. */
export const awsStacks: KeptStacks = { project, state: join(project, "state") };

/** Where the state of a project's stacks is, as Pulumi names it. */
export const awsBackend = `file://${awsStacks.state}`;

/**
 * The environment of every pulumi run of a stack in the simulated AWS. The stack is there afterwards, and the lock of a
 * pulumi that was killed is not.
 */
export async function openStack(
  aws: SimulatedAws,
  stack: string,
  progress: Progress,
): Promise<NodeJS.ProcessEnv> {
  const there = await access(awsStacks.state).then(
    () => true,
    () => false,
  );
  if (!there) {
    await rm(project, { recursive: true, force: true });
    await mkdir(project, { recursive: true });
  }
  const base = there ? await projectEnvironment(project) : await layOutProject(project);
  const env = await simulatedEnvironment(aws, base, progress);
  await followSettings(stack);
  await createOwnStack(stack, env, awsStacks);
  if (await releaseStaleLock(stack, env, awsStacks)) {
    progress.log(`an earlier run was killed: what it had begun is in doubt until pulumi refresh -s ${stack}`);
  }
  return env;
}

/** Forgets all stacks: what they describe is gone. */
export const forgetStacks = () => rm(project, { recursive: true, force: true });

const saltSchema = z.looseObject({ encryptionsalt: z.string().optional() });

/** The stack's settings are the project's as they are now; only the salt of its secrets is this state's own. */
async function followSettings(stack: string): Promise<void> {
  const file = join(project, stackFile(stack));
  const settings = parseDocument(await readFile(join(repoRoot, stackFile(stack)), "utf8"));
  const kept = saltSchema.parse(parse(await readFile(file, "utf8").catch(() => "{}")) ?? {});
  if (kept.encryptionsalt !== undefined) settings.set("encryptionsalt", kept.encryptionsalt);
  await writeFile(file, settings.toString());
}

const checkpointSchema = z.looseObject({
  checkpoint: z.looseObject({
    latest: z
      .looseObject({
        manifest: z.looseObject({ time: z.string() }),
        resources: z.array(z.looseObject({ custom: z.boolean().optional() })).nullish(),
      })
      .nullish(),
  }),
});

/** An environment that is in the simulated AWS. */
export interface Standing {
  readonly environment: string;
  /** Resources that it has, without components. */
  readonly resources: number;
  /** When it was changed last, ISO 8601. */
  readonly changed: string;
}

/** The environments that have resources there. */
export async function standing(): Promise<Standing[]> {
  const found = await Promise.all(awsEnvironments.map(standingOf));
  return found.filter((each) => each !== undefined);
}

async function standingOf(environment: string): Promise<Standing | undefined> {
  const text = await readFile(stateFile(environment, awsStacks), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const { latest } = checkpointSchema.parse(JSON.parse(text)).checkpoint;
  const resources = (latest?.resources ?? []).filter(({ custom }) => custom === true).length;
  return latest && resources > 0 ? { environment, resources, changed: latest.manifest.time } : undefined;
}
