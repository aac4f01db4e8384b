import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { partitionOf } from "../../catalog/partitions.ts";
import {
  alarmPublishers,
  type ObservabilityPlan,
  topicPolicy,
} from "../../planning/observability/observability.ts";
import { EncryptionKey } from "../foundation/encryptionKey.ts";

export interface NotificationsArgs {
  readonly plan: ObservabilityPlan;
  readonly region: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** What a part of it is made with. */
interface Making {
  readonly name: string;
  readonly args: NotificationsArgs;
  readonly topicArn: pulumi.Output<string>;
  readonly opts: { readonly parent: pulumi.Resource };
}

/**
 * Where alarms go, and the two that watch the bill: a budget that tells at shares of it, and at a forecast beyond it,
 * and what AWS finds unusual. An e-mail address gets nothing until its owner follows the link in AWS's first message.
 *
 * Everything but names changes in place. The key costs $1 a month, the rest nothing.
 */
export class Notifications extends pulumi.ComponentResource {
  /** Known when services may publish to it. */
  readonly topicArn: pulumi.Output<string>;

  constructor(name: string, args: NotificationsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:observability:Notifications", name, {}, opts);
    const child = { parent: this };

    this.topicArn = createTopic(name, args, child);
    const making: Making = { name, args, topicArn: this.topicArn, opts: child };
    subscribe(making);
    watchBudget(making);
    watchAnomalies(making);
    this.registerOutputs({ topicArn: this.topicArn });
  }
}

function createTopic(name: string, args: NotificationsArgs, opts: Making["opts"]): pulumi.Output<string> {
  const { plan, region, tags } = args;
  const { accountId } = aws.getCallerIdentityOutput({}, opts);
  const use = { partition: partitionOf(region), region, logGroups: [], publishers: alarmPublishers };
  const key = new EncryptionKey(name, { plan: plan.key, use, accountId, tags }, opts);
  const topic = new aws.sns.Topic(name, { name: plan.topic, kmsMasterKeyId: key.arn, tags }, opts);
  const policy = new aws.sns.TopicPolicy(
    name,
    {
      arn: topic.arn,
      policy: pulumi
        .all([topic.arn, accountId])
        .apply(([arn, account]) => JSON.stringify(topicPolicy(arn, account))),
    },
    opts,
  );
  return pulumi.all([topic.arn, policy.id]).apply(([arn]) => arn);
}

function subscribe({ args: { plan }, name, opts, topicArn }: Making) {
  if (plan.email === undefined) return;
  new aws.sns.TopicSubscription(name, { topic: topicArn, protocol: "email", endpoint: plan.email }, opts);
}

function watchBudget({ args: { plan, tags }, name, opts, topicArn }: Making) {
  const { budget } = plan;
  if (budget === undefined) return;
  const notification = (threshold: number, notificationType: "ACTUAL" | "FORECASTED") => ({
    notificationType,
    threshold,
    thresholdType: "PERCENTAGE",
    comparisonOperator: "GREATER_THAN",
    subscriberSnsTopicArns: [topicArn],
  });
  new aws.budgets.Budget(
    name,
    {
      name: budget.name,
      budgetType: "COST",
      timeUnit: "MONTHLY",
      limitAmount: String(budget.usdPerMonth),
      limitUnit: "USD",
      // As the bill has it: what a reservation costs in advance counts in the month in which it is paid.
      metrics: "UnblendedCost",
      filterExpression: {
        ands: Object.entries(budget.tags).map(([key, value]) => ({ tags: { key, values: [value] } })),
      },
      notifications: [
        ...budget.alertAtPercent.map((percent) => notification(percent, "ACTUAL")),
        notification(100, "FORECASTED"),
      ],
      tags,
    },
    opts,
  );
}

function watchAnomalies({ args: { plan, tags }, name, opts, topicArn }: Making) {
  const { atLeastUsd, name: monitorName, tag } = plan.anomalies;
  const monitor = new aws.costexplorer.AnomalyMonitor(
    name,
    {
      name: monitorName,
      monitorType: "CUSTOM",
      monitorSpecification: monitorSpecification(tag),
      tags,
    },
    opts,
  );
  new aws.costexplorer.AnomalySubscription(
    name,
    {
      name: monitorName,
      monitorArnLists: [monitor.arn],
      // The only frequency that a topic can have.
      frequency: "IMMEDIATE",
      subscribers: [{ type: "SNS", address: topicArn }],
      thresholdExpression: {
        dimension: {
          key: "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
          matchOptions: ["GREATER_THAN_OR_EQUAL"],
          values: [String(atLeastUsd)],
        },
      },
      tags,
    },
    opts,
  );
}

/**
 * Spelled out as the provider reads it back: without a null for each operator that isn't used, every `up` would replace
 * the monitor. Source: terraform-provider-aws 6.x, internal/service/ce/anomaly_monitor.go.
 */
function monitorSpecification({ key, value }: ObservabilityPlan["anomalies"]["tag"]): string {
  return JSON.stringify({
    And: null,
    CostCategories: null,
    Dimensions: null,
    Not: null,
    Or: null,
    Tags: { Key: key, MatchOptions: null, Values: [value] },
  });
}
