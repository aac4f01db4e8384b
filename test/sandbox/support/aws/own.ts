import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  awsEnv,
  type SimulatedAws,
  type StartOptions,
  startAws,
  stopAws,
} from "../../../../sandbox/aws/server.ts";

/** Starts a simulated AWS in a folder of its own. */
export async function startOwnAws(options: StartOptions): Promise<SimulatedAws> {
  return startAws(await mkdtemp(join(tmpdir(), "ai-platform-aws-")), options);
}

/** Lets programs with this environment go there. */
export async function leadTo(aws: SimulatedAws, env: NodeJS.ProcessEnv): Promise<void> {
  Object.assign(env, await awsEnv(aws, env));
}

/** Ends it with all that it kept; nothing where it did not start. */
export async function endOwnAws(aws: SimulatedAws | undefined): Promise<void> {
  if (aws === undefined) return;
  await stopAws(aws.folder);
  await rm(aws.folder, { recursive: true, force: true });
}
