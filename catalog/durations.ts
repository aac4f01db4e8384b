/** How long AWS takes to make something. */
export interface Duration {
  /** Type of the resource in Pulumi; undefined for what another resource brings along. */
  readonly type: string | undefined;
  /** From the request until it is ready, usually. */
  readonly seconds: number;
}

/**
 * Usual times, for estimates and for the simulated AWS, which divides them. AWS promises none; these are what users and its
 * guides name: an EKS control plane 10 to 15 minutes, a managed node group 2 to 4, an add-on about one; an RDS
 * instance with backups 5 to 10; a NAT gateway under two; a network load balancer about three (Terraform AWS provider,
 * issue 8054); a certificate that DNS validates one or more (ACM user guide, "DNS validation"); an instance joins in one.
 */
export const durations = {
  "eks-cluster": { type: "aws:eks/cluster:Cluster", seconds: 600 },
  "eks-nodegroup": { type: "aws:eks/nodeGroup:NodeGroup", seconds: 180 },
  "eks-addon": { type: "aws:eks/addon:Addon", seconds: 60 },
  "rds-instance": { type: "aws:rds/instance:Instance", seconds: 480 },
  "nat-gateway": { type: "aws:ec2/natGateway:NatGateway", seconds: 100 },
  "load-balancer": { type: "aws:lb/loadBalancer:LoadBalancer", seconds: 180 },
  certificate: { type: "aws:acm/certificateValidation:CertificateValidation", seconds: 60 },
  "ec2-instance": { type: undefined, seconds: 60 },
} as const satisfies Record<string, Duration>;

/** Usual seconds until a resource of a type in Pulumi is ready; undefined where it takes no more than its request. */
export function usualSeconds(type: string): number | undefined {
  return Object.values(durations).find((duration) => duration.type === type)?.seconds;
}
