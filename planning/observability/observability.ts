import type { AwsPlatformSpec } from "../../spec/platform.ts";
import type { ResourcePolicy } from "../data/bucketPolicy.ts";
import { allow } from "../foundation/iam/policy.ts";
import { type KeyPlan, planKey } from "../foundation/keys.ts";
import { resourceName } from "../foundation/naming.ts";
import { planWatched, type Watchable, type WatchedPlan } from "./watched.ts";

/** Who is told what. */
export interface ObservabilityPlan {
  readonly topic: string;
  /** Encrypts what goes through the topic. */
  readonly key: KeyPlan;
  /** Where alarms go, once its owner has confirmed; undefined: they show in the console only. */
  readonly email: string | undefined;
  /** Undefined for an environment without a budget. */
  readonly budget: BudgetPlan | undefined;
  readonly anomalies: AnomalyPlan;
  /** What pages someone. */
  readonly watched: readonly WatchedPlan[];
}

/** A budget of AWS's: it tells, it stops nothing. It costs nothing. */
export interface BudgetPlan {
  /** Changing it replaces the budget. */
  readonly name: string;
  readonly usdPerMonth: number;
  /** Shares in percent at which people are told, of what was spent and, for the last one, of the month's forecast. */
  readonly alertAtPercent: readonly number[];
  /** Tags by which AWS knows what is this environment's: they must be activated as cost allocation tags. */
  readonly tags: Readonly<Record<"Environment" | "Project", string>>;
}

/** What AWS finds unusual in the bill, within a day. It costs nothing. */
export interface AnomalyPlan {
  readonly name: string;
  /** One tag is all that a monitor can be limited to. */
  readonly tag: { readonly key: "Environment"; readonly value: string };
  /** Dollars beyond what was expected, below which nobody is told. */
  readonly atLeastUsd: number;
}

export function planObservability(spec: AwsPlatformSpec, watchable: Watchable): ObservabilityPlan {
  const { budget, environment, observability, ownership } = spec;
  return {
    topic: resourceName(spec, "sns-topic", "alarms"),
    key: planKey(spec, "alarms", "What alarms say on their way"),
    email: observability.alarmEmail,
    budget: budget && {
      name: resourceName(spec, "budget", "monthly"),
      usdPerMonth: budget.usdPerMonth,
      alertAtPercent: budget.alertAtPercent,
      tags: { Environment: environment, Project: ownership.project },
    },
    anomalies: {
      name: resourceName(spec, "name-tag", "anomalies"),
      tag: { key: "Environment", value: environment },
      atLeastUsd: budget ? Math.max(leastAnomalyUsd, budget.usdPerMonth * anomalyShare) : 100,
    },
    watched: planWatched(spec, watchable),
  };
}

/** What is paid by the month: its key, and each alarm. */
export function observabilityPrices({ watched }: Pick<ObservabilityPlan, "watched">) {
  return { kmsKey: 1, cloudWatchAlarm: watched.reduce((sum, { alarms }) => sum + alarms.length, 0) };
}

/** Who should be told and isn't, where users depend on it. */
export function observabilityWarnings({ environment, observability }: AwsPlatformSpec): string[] {
  if (environment !== "prod" || observability.alarmEmail !== undefined) return [];
  return ["observability.alarmEmail is not given: alarms show in CloudWatch, and nobody is told"];
}

/** A fiftieth of the month's budget in one anomaly is worth a look; less than $20 never is. */
const anomalyShare = 0.02;
const leastAnomalyUsd = 20;

/** Services that tell the topic; each needs its key as well. */
export const alarmPublishers = [
  "budgets.amazonaws.com",
  "cloudwatch.amazonaws.com",
  "costalerts.amazonaws.com",
] as const;

/**
 * The topic's own policy: those services may publish, for this account only.
 * Source: AWS Cost Management user guide, "Creating an Amazon SNS topic for budget notifications" and "for anomaly
 * notifications"; SNS developer guide, "Example cases for Amazon SNS access control".
 */
export function topicPolicy(topicArn: string, accountId: string): ResourcePolicy {
  return {
    Version: "2012-10-17",
    Statement: alarmPublishers.map((service) => ({
      Principal: { Service: service },
      ...allow(sidOf(service), ["sns:Publish"], [topicArn], {
        StringEquals: { "aws:SourceAccount": accountId },
      }),
    })),
  };
}

function sidOf(service: string): string {
  const name = service.slice(0, service.indexOf("."));
  return name.charAt(0).toUpperCase() + name.slice(1);
}
