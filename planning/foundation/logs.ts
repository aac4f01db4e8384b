import type { AwsPlatformSpec } from "../../spec/platform.ts";

/** A CloudWatch log group that the platform owns, so that its logs end some day and are encrypted with its own key. */
export interface LogGroupPlan {
  /** Changing it replaces the group; its logs are gone. */
  readonly name: string;
  readonly retentionDays: number;
}

/** Days that logs are kept: as the spec says, else 7 in dev, 30 in staging, 90 in prod. */
export function logRetentionDays({
  environment,
  observability,
}: Pick<AwsPlatformSpec, "environment" | "observability">): number {
  return observability.logRetentionDays ?? { dev: 7, staging: 30, prod: 90 }[environment];
}
