import * as aws from "@pulumi/aws";
import { AccessRole } from "../accessRole.ts";
import type { Making } from "./making.ts";

export function recordFlows({ args, name, opts, vpcId }: Making) {
  const { logsKeyArn, plan, tags } = args;
  const { group, role } = plan.flowLogs;
  const logGroup = new aws.cloudwatch.LogGroup(
    `${name}-flow-logs`,
    { name: group.name, retentionInDays: group.retentionDays, kmsKeyId: logsKeyArn, tags },
    opts,
  );
  const writer = new AccessRole(`${name}-flow-logs`, { plan: role, tags }, opts);
  new aws.ec2.FlowLog(
    name,
    {
      vpcId,
      trafficType: "ALL",
      logDestinationType: "cloud-watch-logs",
      logDestination: logGroup.arn,
      iamRoleArn: writer.arn,
      maxAggregationInterval: 600,
      tags: { ...tags, Name: plan.name },
    },
    opts,
  );
}
