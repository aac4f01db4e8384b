/**
 * The adapter's own limit for an answer, in seconds: what takes no longer ends whole, wherever it passes. Source:
 * `timeouts.total` in services/adapter/adapter/settings.py.
 */
const longestAnswerSeconds = 600;
/** EC2 takes a spot node back after two minutes. Source: EC2 user guide, "Spot Instance interruption notices". */
const spotNoticeSeconds = 120;
/** For a process's own end after its last answer, and then some. */
const marginSeconds = 10;

/** How a server ends, in seconds. It ends as soon as nothing is under way; these are limits. */
export interface EndingPlan {
  /** For what is under way when nothing new is taken any more. */
  readonly finishSeconds: number;
  /** Kubernetes' limit for the whole end, from the decision on; then the process is killed. */
  readonly graceSeconds: number;
}

/**
 * As long as an answer may take; where the server can stand on a spot node, what EC2's notice leaves.
 * @param before seconds in which requests are still taken, because others have yet to hear that it ends
 * @param wanted seconds that its own answers take at most
 */
export function planEnding(spot: boolean, before: number, wanted = longestAnswerSeconds): EndingPlan {
  const most = spot ? spotNoticeSeconds - before - marginSeconds : longestAnswerSeconds;
  const finishSeconds = Math.min(most, wanted);
  return { finishSeconds, graceSeconds: before + finishSeconds + marginSeconds };
}
