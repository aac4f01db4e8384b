import { homeRegion } from "../catalog/partitions.ts";
import { LockError } from "../planning/lock.ts";
import { UnreadableSpec } from "../spec/jsonPlatform.ts";
import { SpecError } from "../spec/parse.ts";
import { parseArguments, UsageError, usage } from "./arguments.ts";
import { identity } from "./aws/account.ts";
import { connect } from "./aws/aws.ts";
import type { Subject } from "./checks/subject.ts";
import { examine, exitCode, type Reach } from "./examine.ts";
import { progressOn } from "./progress.ts";
import { credentialsOf } from "./provider/credentials.ts";
import { reportDocument } from "./report/schema.ts";
import { renderReport } from "./report/text.ts";
import { readSubject } from "./subject.ts";

/** `npm run doctor`. @returns the exit code */
export async function doctor(args: readonly string[]): Promise<number> {
  try {
    const parsed = parseArguments(args);
    if (parsed === "help") {
      process.stdout.write(usage);
      return 0;
    }
    const progress = progressOn(process.stderr);
    progress.report("planning");
    const subject = await readSubject(parsed);
    const report = await examine(subject, await reachOf(subject, parsed.timeoutSeconds), progress);
    progress.end();
    const text = parsed.json
      ? JSON.stringify(reportDocument(report), null, 2)
      : renderReport(report, { color: process.stdout.isTTY === true && !process.env.NO_COLOR });
    process.stdout.write(`${text}\n`);
    return exitCode(report);
  } catch (error) {
    return told(error);
  }
}

async function reachOf({ infrastructure, provider }: Subject, timeoutSeconds: number): Promise<Reach> {
  // The SDK's farewell to Node.js 20 would stand before every report; the lock file decides which SDK runs.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  const { region } = infrastructure;
  const credentials = await credentialsOf(provider, region, timeoutSeconds);
  const connection = { provider, region, credentials, timeoutSeconds };
  return {
    identity: () => identity(connection),
    connect: () => connect(connection, homeRegion(region)),
    region: process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION,
    now: () => new Date(),
  };
}

function told(error: unknown): number {
  if (error instanceof UsageError) {
    process.stderr.write(`doctor: ${error.message}\n`);
    return 2;
  }
  if (error instanceof UnreadableSpec) {
    process.stderr.write(`${error.message}\n  - ${error.remedy}\n`);
    return 1;
  }
  if (error instanceof SpecError || error instanceof LockError) {
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
  // A bug: whoever reports it needs all of it.
  const bug = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`This is a bug, please report it: ${bug}\n`);
  return 1;
}
