import type { ServingPlan } from "../../planning/serving/servingPlan.ts";

/**
 * Annotations that tell the engine how long to wait for an object of a model, or not to. It would give up after ten
 * minutes, which a node and a large model take together. The Deployment's own limit comes first and says why.
 * Source: Pulumi Kubernetes provider 4.34, "Await behavior" (`skipAwait`, `timeoutSeconds`).
 */
export function awaiting({ awaited, timing }: ServingPlan): Record<string, string> {
  return awaited
    ? { "pulumi.com/timeoutSeconds": String(timing.progressLimitSeconds + 60) }
    : { "pulumi.com/skipAwait": "true" };
}
