import type { Outside } from "../outside.ts";

/** What a check says. */
export const statuses = ["ok", "warning", "failed", "would check"] as const;
export type Status = (typeof statuses)[number];

/** An answer, judged. */
export interface Verdict {
  readonly status: Exclude<Status, "would check">;
  /** What was found, with its values. */
  readonly says: string;
  /** What to do about it, one step each; empty where there is nothing to do. */
  readonly remedy: readonly string[];
}

/** One question and how its answer is judged. */
export interface Check {
  /** What is looked at: `quota ec2/L-DB2E81BA`. */
  readonly subject: string;
  /** What must be, with the plan's values: what the doctor says where it can't ask. */
  readonly would: string;
  /** @throws Unanswered */
  readonly run: (outside: Outside) => Promise<Verdict>;
}

/** A check whose judgement is a function of the answer alone. */
export function check<Answer>(definition: {
  readonly subject: string;
  readonly would: string;
  readonly ask: (outside: Outside) => Promise<Answer>;
  readonly judge: (answer: Answer) => Verdict;
}): Check {
  const { ask, judge, subject, would } = definition;
  return { subject, would, run: async (outside) => judge(await ask(outside)) };
}

export function ok(says: string): Verdict {
  return { status: "ok", says, remedy: [] };
}

export function warning(says: string, ...remedy: readonly string[]): Verdict {
  return { status: "warning", says, remedy };
}

export function failed(says: string, ...remedy: readonly string[]): Verdict {
  return { status: "failed", says, remedy };
}
