import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AlarmPlan } from "../../planning/observability/alarms.ts";

export interface AlarmsArgs {
  readonly plans: readonly AlarmPlan[];
  /** How the alarms' names begin: the environment's prefix and the resource, `ai-platform-prod-postgres`. */
  readonly prefix: string;
  /** What tells CloudWatch which resource it is, `{ DBInstanceIdentifier: ... }`: at least those that the plans name. */
  readonly dimensions: Readonly<Record<string, pulumi.Input<string>>>;
  /** Topic that is told, also when all is well again. */
  readonly topicArn: pulumi.Input<string>;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * The alarms of one resource. Each says in its description what to do, because it may wake somebody who has never seen
 * the resource.
 *
 * Only a new name replaces one. $0.10 a month each.
 */
export class Alarms extends pulumi.ComponentResource {
  constructor(name: string, args: AlarmsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:observability:Alarms", name, {}, opts);

    for (const plan of args.plans) {
      new aws.cloudwatch.MetricAlarm(
        `${name}-${plan.what.replaceAll(" ", "-")}`,
        {
          name: `${args.prefix}: ${plan.what}`,
          alarmDescription: plan.description,
          namespace: plan.namespace,
          metricName: plan.metric,
          dimensions: Object.fromEntries(plan.dimensions.map((name) => [name, dimension(args, name)])),
          statistic: plan.statistic,
          comparisonOperator: plan.comparison,
          threshold: plan.threshold,
          period: plan.periodSeconds,
          evaluationPeriods: plan.periods,
          treatMissingData: plan.missing,
          alarmActions: [args.topicArn],
          okActions: [args.topicArn],
          tags: args.tags,
        },
        { parent: this },
      );
    }
    this.registerOutputs();
  }
}

function dimension({ dimensions, prefix }: AlarmsArgs, name: string): pulumi.Input<string> {
  const value = dimensions[name];
  if (value === undefined) throw new Error(`${prefix} is watched by ${name}, which nobody gave`);
  return value;
}
