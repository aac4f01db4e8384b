import { stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { renderTable } from "../../../report/table.ts";
import { recordedCalls } from "../../aws/calls.ts";
import { orderedFaults } from "../../aws/orders.ts";
import pc from "../colors.ts";
import { awsFolder, runningAws } from "./home.ts";
import { standing } from "./project.ts";

/** The document of `npm run aws -- status --json`. Fields are only ever added. */
export const awsStatusSchema = z.object({
  running: z.boolean(),
  /** Where it answers, and since when, ISO 8601; only while it runs. */
  endpoint: z.string().optional(),
  since: z.string().optional(),
  /** Where it keeps its logs, its calls and the stacks' states. */
  folder: z.string(),
  environments: z.array(
    z.object({ environment: z.string(), resources: z.number().int(), changed: z.string() }),
  ),
  calls: z.number().int(),
  failedCalls: z.number().int(),
  /** Failures that are ordered. */
  faults: z.number().int(),
});

export type AwsStatus = z.infer<typeof awsStatusSchema>;

/** `npm run aws -- status`: exit code 0 while it runs, 1 otherwise. */
export async function status({ json }: { json: boolean }): Promise<number> {
  const found = await readAwsStatus();
  console.log(json ? JSON.stringify(awsStatusSchema.parse(found), null, 2) : renderAwsStatus(found));
  return found.running ? 0 : 1;
}

export async function readAwsStatus(): Promise<AwsStatus> {
  const aws = await runningAws();
  const base = { folder: awsFolder, environments: [], calls: 0, failedCalls: 0, faults: 0 };
  if (aws === undefined) return { ...base, running: false };
  const [calls, faults, environments, process] = await Promise.all([
    recordedCalls(aws),
    orderedFaults(aws),
    standing(),
    stat(join(awsFolder, "process.json")),
  ]);
  return {
    ...base,
    running: true,
    endpoint: aws.endpoint,
    since: process.mtime.toISOString(),
    environments,
    calls: calls.length,
    failedCalls: calls.filter(({ status: answered }) => answered >= 400).length,
    faults: faults.length,
  };
}

export function renderAwsStatus(found: AwsStatus): string {
  if (!found.running)
    return `${pc.yellow("Not running")} (the simulated AWS)\n  - Start it: npm run aws -- start`;
  const { calls, environments, failedCalls, faults } = found;
  const rows = environments.map(({ changed, environment, resources }) => [
    environment,
    `${resources}`,
    changed,
  ]);
  const table = renderTable(["ENVIRONMENT", "RESOURCES", "CHANGED"], rows, {
    color: process.stdout.isTTY,
    numbers: [1],
  });
  return [
    `${oneLine(found)}`,
    `${calls} calls, ${failedCalls} failed; ${faults === 0 ? "nothing" : pc.red(`${faults}`)} is ordered to fail. Logs: ${found.folder}`,
    "",
    environments.length === 0 ? "No environment is up in it: npm run pulumi -- up -s dev --yes" : table,
  ].join("\n");
}

/** For other commands: that it runs, and what is in it. */
export function oneLine({ endpoint, environments, since }: AwsStatus): string {
  const inside =
    environments.length === 0
      ? ""
      : `, with ${environments.map(({ environment }) => environment).join(", ")}`;
  return `${pc.green("The simulated AWS runs")} at ${endpoint} since ${since}${inside}. It is no account.`;
}
