import { databaseClasses } from "../../catalog/prices.ts";
import type { DatabasePlan } from "../data/database.ts";
import type { ManagedNodeGroupPlan } from "../foundation/nodeGroups.ts";

/** One metric of one resource that a person is told about, $0.10 a month. */
export interface AlarmPlan {
  /** What is wrong: ends the alarm's name. */
  readonly what: string;
  /** What to do: the text that people get. */
  readonly description: string;
  readonly namespace: string;
  readonly metric: string;
  /** Names of the dimensions that CloudWatch has the metric under: with one too many it never gets a value. */
  readonly dimensions: readonly string[];
  readonly statistic: "Average" | "Maximum" | "Minimum" | "Sum";
  readonly comparison: "GreaterThanThreshold" | "LessThanThreshold";
  readonly threshold: number;
  readonly periodSeconds: number;
  /** Periods in a row. */
  readonly periods: number;
  /** What no data means: `breaching` where a resource that is well always reports. */
  readonly missing: "breaching" | "notBreaching";
}

const fiveMinutes = 300;

/** Source: RDS user guide, "Amazon CloudWatch metrics for Amazon RDS". */
export function databaseAlarms({ instanceClass, storage }: DatabasePlan): AlarmPlan[] {
  const memoryGiB = databaseClasses[instanceClass]?.memoryGiB ?? 0;
  const rds = (alarm: Omit<AlarmPlan, "dimensions" | "namespace" | "periodSeconds">): AlarmPlan => ({
    ...alarm,
    namespace: "AWS/RDS",
    dimensions: ["DBInstanceIdentifier"],
    periodSeconds: fiveMinutes,
  });
  return [
    rds({
      what: "disk almost full",
      description: `Less than a tenth of the first ${storage.gib} GiB is free. RDS enlarges the disk by itself up to ${storage.maxGiB} GiB; a full one stops the database. Look for what grows (pg_database_size, replication slots), then raise postgres.storageGi.`,
      metric: "FreeStorageSpace",
      statistic: "Minimum",
      comparison: "LessThanThreshold",
      threshold: (storage.gib * 2 ** 30) / 10,
      periods: 2,
      missing: "breaching",
    }),
    rds({
      what: "CPU busy",
      description:
        "The CPU was above 90% for 15 minutes. See in Performance Insights which statements take it; a missing index is more likely than too small a class.",
      metric: "CPUUtilization",
      statistic: "Average",
      comparison: "GreaterThanThreshold",
      threshold: 90,
      periods: 3,
      missing: "notBreaching",
    }),
    rds({
      what: "connections running out",
      description:
        "More than 80% of the connections are taken; beyond all of them every service fails at once. Find who holds them in pg_stat_activity, and lower that service's pool or replicas.",
      metric: "DatabaseConnections",
      statistic: "Maximum",
      comparison: "GreaterThanThreshold",
      threshold: Math.floor(0.8 * maxConnections(memoryGiB)),
      periods: 2,
      missing: "notBreaching",
    }),
    rds({
      what: "memory short",
      description:
        "Less than 5% of the memory is free, so the database is about to swap. Look for large sorts and vector indexes in Performance Insights; a class with more memory restarts it.",
      metric: "FreeableMemory",
      statistic: "Minimum",
      comparison: "LessThanThreshold",
      threshold: Math.floor(memoryGiB * 2 ** 30 * 0.05),
      periods: 3,
      missing: "notBreaching",
    }),
  ];
}

/** RDS's default, LEAST({DBInstanceClassMemory/9531392}, 5000). Source: RDS user guide, "Quotas and constraints". */
function maxConnections(memoryGiB: number): number {
  return Math.min(Math.floor((memoryGiB * 2 ** 30) / 9_531_392), 5000);
}

/** Source: VPC user guide, "Monitor NAT gateways with Amazon CloudWatch". */
export const natGatewayAlarms: readonly AlarmPlan[] = [
  {
    what: "out of ports",
    description:
      "The NAT gateway had no port left for new connections, which fail: one gateway holds 55,000 to one destination. Find the pods that open them in the flow logs; an interface endpoint for that service takes them off the gateway.",
    namespace: "AWS/NATGateway",
    metric: "ErrorPortAllocation",
    dimensions: ["NatGatewayId"],
    statistic: "Sum",
    comparison: "GreaterThanThreshold",
    threshold: 0,
    periodSeconds: fiveMinutes,
    periods: 2,
    missing: "notBreaching",
  },
];

/** Source: Network Load Balancer user guide, "CloudWatch metrics for your Network Load Balancer". */
export const loadBalancerAlarms: readonly AlarmPlan[] = [
  {
    what: "no healthy node",
    description:
      "No node answers the load balancer's health check, so nobody reaches the platform. Are Traefik's pods running (kubectl -n ai-gateway get pods), and do the nodes' security groups let in the load balancer?",
    namespace: "AWS/NetworkELB",
    metric: "HealthyHostCount",
    dimensions: ["LoadBalancer", "TargetGroup"],
    statistic: "Maximum",
    comparison: "LessThanThreshold",
    threshold: 1,
    periodSeconds: 60,
    periods: 3,
    missing: "breaching",
  },
  {
    what: "unhealthy node",
    description:
      "A node has not answered the load balancer's health check for 15 minutes, while others do. See in the target group which, and on it whether kube-proxy runs (kubectl -n kube-system get pods -o wide); draining the node makes Auto Scaling bring another.",
    namespace: "AWS/NetworkELB",
    metric: "UnHealthyHostCount",
    dimensions: ["LoadBalancer", "TargetGroup"],
    statistic: "Minimum",
    comparison: "GreaterThanThreshold",
    threshold: 0,
    periodSeconds: fiveMinutes,
    periods: 3,
    missing: "notBreaching",
  },
  {
    what: "connections refused",
    description:
      "The load balancer had no port left towards the nodes, so new connections fail. More nodes, or more of Traefik's replicas on other nodes, spread them.",
    namespace: "AWS/NetworkELB",
    metric: "PortAllocationErrorCount",
    dimensions: ["LoadBalancer"],
    statistic: "Sum",
    comparison: "GreaterThanThreshold",
    threshold: 0,
    periodSeconds: fiveMinutes,
    periods: 2,
    missing: "notBreaching",
  },
];

/**
 * A group that can't grow; none for one that is planned at its maximum, as what is reserved always is.
 * Source: Amazon EC2 Auto Scaling user guide, "Amazon CloudWatch metrics for Amazon EC2 Auto Scaling"; EKS collects them of
 * its node groups since June 2024 (EKS user guide, "View metrics for Amazon EC2 Auto Scaling groups").
 */
export function nodeGroupAlarms({
  name,
  size,
}: Pick<ManagedNodeGroupPlan, "name"> & {
  readonly size: Pick<ManagedNodeGroupPlan["size"], "max" | "start">;
}): AlarmPlan[] {
  if (size.max <= size.start) return [];
  return [
    {
      what: "at its maximum",
      description: `Node group ${name} has had all of its ${size.max} nodes for 15 minutes, so pods that need another one wait. See which (kubectl get pods -A --field-selector=status.phase=Pending); raise capacity.headroom, or ask for less. For a group that stands by, see why the one before it gets no nodes.`,
      namespace: "AWS/AutoScaling",
      metric: "GroupDesiredCapacity",
      dimensions: ["AutoScalingGroupName"],
      statistic: "Minimum",
      comparison: "GreaterThanThreshold",
      threshold: size.max - 1,
      periodSeconds: fiveMinutes,
      periods: 3,
      missing: "notBreaching",
    },
  ];
}

/** Longer than a GPU node takes to come. Source: EKS user guide, "Monitor cluster data with Amazon CloudWatch". */
export const clusterAlarms: readonly AlarmPlan[] = [
  {
    what: "pods without a node",
    description:
      "For half an hour pods found no node that takes them, and none came. kubectl describe pod says what they miss, and the events of the cluster autoscaler (kubectl -n ai-autoscaler logs deployment/cluster-autoscaler) why no node was bought: no capacity in the zone, a quota, or a group at its maximum.",
    namespace: "AWS/EKS",
    metric: "scheduler_pending_pods_UNSCHEDULABLE",
    dimensions: ["ClusterName"],
    statistic: "Minimum",
    comparison: "GreaterThanThreshold",
    threshold: 0,
    periodSeconds: fiveMinutes,
    periods: 6,
    missing: "notBreaching",
  },
];
