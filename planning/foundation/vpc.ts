import { partitionOf } from "../../catalog/partitions.ts";
import { clusterName } from "../../spec/defaults.ts";
import type { AwsPlatformSpec } from "../../spec/platform.ts";
import type { NetworkPlan, SubnetPlan } from "../infrastructure.ts";
import { allow, policy } from "./iam/policy.ts";
import type { ServiceRolePlan } from "./iam/roles.ts";
import { type LogGroupPlan, logRetentionDays } from "./logs.ts";
import { resourceName } from "./naming.ts";

/** The VPC as it is created: the address plan with names, tags and logs. */
export interface VpcPlan extends NetworkPlan {
  /** `Name` tag of the VPC, and how those of everything in it begin. */
  readonly name: string;
  /** Tags of the subnets of a tier, beside those of everything. */
  readonly subnetTags: Readonly<Record<SubnetPlan["tier"], Readonly<Record<string, string>>>>;
  /** Service name of S3's gateway endpoint. */
  readonly s3Service: string;
  /** Interface endpoints: each some $7 a month and zone, and $0.01 per GB. */
  readonly endpoints: readonly { readonly name: string; readonly serviceName: string }[];
  /** Who talked to whom: metadata of every connection, in CloudWatch. */
  readonly flowLogs: { readonly group: LogGroupPlan; readonly role: ServiceRolePlan };
}

/**
 * Names and tags of the network.
 *
 * Subnets tell what load balancers may stand in them (EKS user guide, "Network load balancing": `role/elb` and
 * `role/internal-elb`). Those of the nodes name the cluster, which is also what the VPC CNI's rights are limited by.
 */
export function planVpc(spec: AwsPlatformSpec, network: NetworkPlan): VpcPlan {
  const { region } = spec.cloud;
  const serviceName = (service: string) => `com.amazonaws.${region}.${service}`;
  const ofCluster = { [`kubernetes.io/cluster/${clusterName(spec)}`]: "shared" };
  return {
    ...network,
    name: resourceName(spec, "name-tag", "vpc"),
    subnetTags: {
      public: { "kubernetes.io/role/elb": "1" },
      private: { "kubernetes.io/role/internal-elb": "1", ...ofCluster },
      intra: {},
    },
    s3Service: serviceName("s3"),
    endpoints: network.interfaceEndpoints.map((name) => ({ name, serviceName: serviceName(name) })),
    flowLogs: planFlowLogs(spec),
  };
}

/** Source of the rights: Amazon VPC user guide, "IAM role for publishing flow logs to CloudWatch Logs". */
function planFlowLogs(spec: AwsPlatformSpec): VpcPlan["flowLogs"] {
  const { region } = spec.cloud;
  const group = {
    name: resourceName(spec, "log-group", "vpc-flow-logs"),
    retentionDays: logRetentionDays(spec),
  };
  const arn = `arn:${partitionOf(region)}:logs:${region}:*:log-group:${group.name}`;
  return {
    group,
    role: {
      kind: "service",
      name: resourceName(spec, "iam-role", "vpc-flow-logs"),
      description: "VPC flow logs: writes to their log group",
      service: "vpc-flow-logs.amazonaws.com",
      onBehalfOf: { service: "ec2", region, resource: "vpc-flow-log/*" },
      managedPolicies: [],
      policies: {
        write: policy(
          allow(
            "Write",
            ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            [`${arn}:*`],
          ),
          allow("Find", ["logs:DescribeLogGroups"], ["*"]),
        ),
      },
    },
  };
}
