import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { serviceEnvironment } from "../../sandbox/cli/testing/python.ts";
import { repoRoot } from "../../sandbox/lib/paths.ts";
import { silent } from "../../sandbox/lib/progress.ts";

const loggedRun = z.object({ run_id: z.string(), experiment_id: z.string() });

export interface LoggedRun {
  readonly runId: string;
  readonly experimentId: string;
}

/** Logs a run with the real MLflow client, from outside the cluster: parameters, a metric and a model. */
export async function logRun(trackingUri: string, experiment: string): Promise<LoggedRun> {
  const { env, python } = await serviceEnvironment(
    "experiments",
    join(repoRoot, "services/experiments"),
    silent,
  );
  const script = join(repoRoot, "test/support/log_run.py");
  const { stdout } = await execa(python, [script, trackingUri, experiment], { env });
  const run = loggedRun.parse(JSON.parse(stdout.trim().split("\n").at(-1) ?? ""));
  return { runId: run.run_id, experimentId: run.experiment_id };
}
