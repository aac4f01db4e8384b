import { partitionOf } from "../../../catalog/partitions.ts";
import type { AwsPlatformSpec } from "../../../spec/platform.ts";
import { resourceName } from "../naming.ts";
import type { ServiceRolePlan } from "./roles.ts";

/**
 * What nodes may do: join, pull images, and fetch the credentials of the pods on them. The VPC CNI, which EKS's guide
 * puts here as well, has a role of its own. Nobody logs in to a node, so Systems Manager gets nothing.
 * Source: EKS user guide, "Amazon EKS node IAM role".
 */
export function nodeRole(spec: AwsPlatformSpec): ServiceRolePlan {
  const partition = partitionOf(spec.cloud.region);
  const managed = (name: string) => `arn:${partition}:iam::aws:policy/${name}`;
  return {
    kind: "service",
    name: resourceName(spec, "iam-role", "node"),
    description: "Nodes of the EKS cluster",
    service: "ec2.amazonaws.com",
    managedPolicies: [managed("AmazonEC2ContainerRegistryPullOnly"), managed("AmazonEKSWorkerNodePolicy")],
    policies: {},
  };
}
