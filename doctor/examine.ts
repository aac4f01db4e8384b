import type { Check, Status, Verdict } from "./checks/check.ts";
import { planChecks } from "./checks/checks.ts";
import { judgeDescription } from "./checks/description.ts";
import type { Subject } from "./checks/subject.ts";
import { type Failure, Unanswered } from "./failure.ts";
import { reason, remedyOf } from "./failureText.ts";
import type { Identity, Outside } from "./outside.ts";
import type { Progress } from "./progress.ts";

/** One line of the report. */
export interface Finding {
  readonly subject: string;
  readonly status: Status;
  readonly says: string;
  readonly remedy: readonly string[];
}

export interface Report {
  readonly environment: string;
  readonly region: string;
  /** Undefined without credentials. */
  readonly identity: Identity | undefined;
  readonly findings: readonly Finding[];
  readonly counts: Readonly<Record<Status, number>>;
}

/** How the doctor gets to AWS. */
export interface Reach {
  /** @throws Unanswered */
  readonly identity: () => Promise<Identity>;
  /** Loads what asks AWS; called only once it is known who asks. */
  readonly connect: () => Promise<Omit<Outside, "identity">>;
  /** AWS_REGION, where the stack's configuration names no region. */
  readonly region: string | undefined;
  readonly now: () => Date;
}

/** Questions under way at the same time: more would be throttled. */
const atOnce = 6;

/** Asks everything that can be asked; what gets no answer is said with what would be checked. */
export async function examine(subject: Subject, reach: Reach, progress: Progress): Promise<Report> {
  const checks = planChecks(subject, reach.now);
  progress.report("credentials");
  const description = finding("description", judgeDescription(subject, reach.region));
  const known = await identityOf(reach);
  const answered =
    "failure" in known
      ? checks.map((check) => unasked(check, known.failure, undefined))
      : await askAll(checks, { ...(await reach.connect()), identity: async () => known.identity }, progress);
  const findings = [description, credentials(known), ...answered];
  return {
    environment: subject.spec.environment,
    region: subject.infrastructure.region,
    identity: "identity" in known ? known.identity : undefined,
    findings,
    counts: countsOf(findings),
  };
}

type Known = { readonly identity: Identity } | { readonly failure: Failure };

async function identityOf({ identity }: Reach): Promise<Known> {
  try {
    return { identity: await identity() };
  } catch (error) {
    if (error instanceof Unanswered) return { failure: error.failure };
    throw error;
  }
}

function credentials(known: Known): Finding {
  const subject = "credentials";
  if ("identity" in known) return { subject, status: "ok", says: known.identity.arn, remedy: [] };
  const { failure } = known;
  const none = failure.kind === "missing";
  return {
    subject,
    // None is no mistake; ones that AWS doesn't take are.
    status: failure.kind === "credentials" ? "failed" : "would check",
    says: none ? `who asks: ${reason(failure)}` : reason(failure),
    remedy: remedyOf(failure, undefined),
  };
}

async function askAll(checks: readonly Check[], outside: Outside, progress: Progress): Promise<Finding[]> {
  const findings = new Map<Check, Finding>();
  const waiting = [...checks];
  const worker = async () => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      findings.set(check, await askOne(check, outside));
      progress.report(`${findings.size} of ${checks.length} (${check.subject})`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return checks.flatMap((check) => findings.get(check) ?? []);
}

async function askOne(check: Check, outside: Outside): Promise<Finding> {
  try {
    return finding(check.subject, await check.run(outside));
  } catch (error) {
    if (error instanceof Unanswered) return unasked(check, error.failure, await outside.identity());
    throw error;
  }
}

function finding(subject: string, { remedy, says, status }: Verdict): Finding {
  return { subject, status, says, remedy };
}

/** @param identity who asked; undefined where nobody did, and the reason is said once */
function unasked(check: Check, failure: Failure, identity: Identity | undefined): Finding {
  return {
    subject: check.subject,
    status: "would check",
    says: identity === undefined ? check.would : `${reason(failure)}; to be checked: ${check.would}`,
    remedy: identity === undefined ? [] : remedyOf(failure, identity),
  };
}

/** How many findings there are of each status. */
export function countsOf(findings: readonly Pick<Finding, "status">[]): Record<Status, number> {
  const count = (status: Status) => findings.filter((each) => each.status === status).length;
  return {
    ok: count("ok"),
    warning: count("warning"),
    failed: count("failed"),
    "would check": count("would check"),
  };
}

/** 0: nothing stands in the way. 1: something does. 3: nothing that could be asked does, but not all could be. */
export function exitCode({ counts }: Pick<Report, "counts">): number {
  if (counts.failed > 0) return 1;
  return counts["would check"] > 0 ? 3 : 0;
}
