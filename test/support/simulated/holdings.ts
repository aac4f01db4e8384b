import { z } from "zod";
import { type Call, call, type Sdk } from "./sdk.ts";

/** A call that lists things, the answer's field with them, and their field that names one. */
type Listing = readonly [asked: Call, things: string, name: string];

const listings: readonly Listing[] = [
  [call("acm", "list_certificates"), "CertificateSummaryList", "CertificateArn"],
  [call("autoscaling", "describe_auto_scaling_groups"), "AutoScalingGroups", "AutoScalingGroupName"],
  [call("budgets", "describe_budgets", { AccountId: "123456789012" }), "Budgets", "BudgetName"],
  [call("ce", "get_anomaly_monitors"), "AnomalyMonitors", "MonitorName"],
  [call("ce", "get_anomaly_subscriptions"), "AnomalySubscriptions", "SubscriptionName"],
  [call("cloudwatch", "describe_alarms"), "MetricAlarms", "AlarmName"],
  [call("ec2", "describe_addresses"), "Addresses", "AllocationId"],
  [call("ec2", "describe_flow_logs"), "FlowLogs", "FlowLogId"],
  [call("ec2", "describe_internet_gateways"), "InternetGateways", "InternetGatewayId"],
  [call("ec2", "describe_launch_templates"), "LaunchTemplates", "LaunchTemplateName"],
  [call("ec2", "describe_network_interfaces"), "NetworkInterfaces", "NetworkInterfaceId"],
  [call("ec2", "describe_placement_groups"), "PlacementGroups", "GroupName"],
  [call("ec2", "describe_route_tables"), "RouteTables", "RouteTableId"],
  [call("ec2", "describe_security_groups"), "SecurityGroups", "GroupId"],
  [call("ec2", "describe_subnets"), "Subnets", "SubnetId"],
  [call("ec2", "describe_volumes"), "Volumes", "VolumeId"],
  [call("ec2", "describe_vpc_endpoints"), "VpcEndpoints", "VpcEndpointId"],
  [call("ec2", "describe_vpcs"), "Vpcs", "VpcId"],
  [call("ecr", "describe_repositories"), "repositories", "repositoryName"],
  [call("eks", "list_clusters"), "clusters", ""],
  [call("elbv2", "describe_load_balancers"), "LoadBalancers", "LoadBalancerName"],
  [call("elbv2", "describe_target_groups"), "TargetGroups", "TargetGroupName"],
  [call("iam", "list_policies", { Scope: "Local" }), "Policies", "PolicyName"],
  [call("iam", "list_roles"), "Roles", "RoleName"],
  [call("kms", "list_aliases"), "Aliases", "AliasName"],
  [call("kms", "list_keys"), "Keys", "KeyId"],
  [call("logs", "describe_log_groups"), "logGroups", "logGroupName"],
  [call("rds", "describe_db_instances"), "DBInstances", "DBInstanceIdentifier"],
  [call("rds", "describe_db_parameter_groups"), "DBParameterGroups", "DBParameterGroupName"],
  [call("rds", "describe_db_snapshots"), "DBSnapshots", "DBSnapshotIdentifier"],
  [call("rds", "describe_db_subnet_groups"), "DBSubnetGroups", "DBSubnetGroupName"],
  [call("s3", "list_buckets"), "Buckets", "Name"],
  [call("sns", "list_topics"), "Topics", "TopicArn"],
];

/** Names of what is in an account, as `ec2 Vpcs` has them. A key that waits for its deletion is told apart. */
export type Holdings = Readonly<Record<string, readonly string[]>>;

export async function holdingsOf(sdk: Sdk): Promise<Holdings> {
  const held: Record<string, string[]> = {};
  for (const [asked, things, name] of listings) {
    const found = await sdk.get(asked, z.looseObject({ [things]: z.array(z.unknown()).default([]) }));
    held[`${asked.service} ${things}`] = z
      .array(name === "" ? z.string() : z.looseObject({ [name]: z.string() }).transform((each) => each[name]))
      .pipe(z.array(z.string()))
      .parse(found[things]);
  }
  return { ...held, ...(await keysOf(sdk, held["kms Keys"] ?? [])) };
}

/** What an account holds that it did not hold before; what holds nothing new is left out. */
export function added(before: Holdings, after: Holdings): Holdings {
  const news = Object.entries(after).map(
    ([kind, names]) => [kind, names.filter((name) => !before[kind]?.includes(name)).sort()] as const,
  );
  return Object.fromEntries(news.filter(([, names]) => names.length > 0));
}

const aliasSchema = z.object({
  Aliases: z.array(z.object({ AliasName: z.string(), TargetKeyId: z.string().optional() })),
});
const keySchema = z.object({ KeyMetadata: z.object({ KeyState: z.string() }) });

/** AWS makes keys of its own when they are first needed, such as `aws/ebs`; they are nobody's to delete. */
async function keysOf(sdk: Sdk, keys: readonly string[]): Promise<Holdings> {
  const { Aliases } = await sdk.get(call("kms", "list_aliases"), aliasSchema);
  const byAws = Aliases.filter(({ AliasName }) => AliasName.startsWith("alias/aws/"));
  const own = keys.filter((key) => !byAws.some(({ TargetKeyId }) => TargetKeyId === key));
  const waiting: string[] = [];
  for (const KeyId of own) {
    const { KeyMetadata } = await sdk.get(call("kms", "describe_key", { KeyId }), keySchema);
    if (KeyMetadata.KeyState === "PendingDeletion") waiting.push(KeyId);
  }
  return {
    "kms Keys": own.filter((key) => !waiting.includes(key)),
    "kms Keys pending deletion": waiting,
  };
}
