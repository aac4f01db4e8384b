import * as aws from "@pulumi/aws";
import type { Made, Making } from "./making.ts";

export function createS3Endpoint({ args, name, opts, vpcId }: Making, tables: readonly aws.ec2.RouteTable[]) {
  return new aws.ec2.VpcEndpoint(
    `${name}-s3`,
    {
      vpcId,
      serviceName: args.plan.s3Service,
      vpcEndpointType: "Gateway",
      routeTableIds: tables.map(({ id }) => id),
      tags: { ...args.tags, Name: `${args.plan.name}-s3` },
    },
    opts,
  );
}

/** In the subnets without a way out: pods of all zones reach them by the services' usual names. */
export function createInterfaceEndpoints({ args, name, opts, vpcId }: Making, subnets: readonly Made[]) {
  const { plan, tags } = args;
  if (plan.endpoints.length === 0) return;
  const tagged = { ...tags, Name: `${plan.name}-endpoints` };
  const securityGroup = new aws.ec2.SecurityGroup(
    `${name}-endpoints`,
    { vpcId, description: "Interface endpoints: HTTPS from the VPC", tags: tagged },
    opts,
  );
  new aws.vpc.SecurityGroupIngressRule(
    `${name}-endpoints`,
    {
      securityGroupId: securityGroup.id,
      description: "HTTPS from the VPC",
      cidrIpv4: plan.cidr,
      ipProtocol: "tcp",
      fromPort: 443,
      toPort: 443,
      tags,
    },
    opts,
  );
  for (const endpoint of plan.endpoints) {
    new aws.ec2.VpcEndpoint(
      `${name}-${endpoint.name}`,
      {
        vpcId,
        serviceName: endpoint.serviceName,
        vpcEndpointType: "Interface",
        subnetIds: subnets.filter(({ plan: { tier } }) => tier === "intra").map(({ subnet }) => subnet.id),
        securityGroupIds: [securityGroup.id],
        privateDnsEnabled: true,
        tags: { ...tags, Name: `${plan.name}-${endpoint.name}` },
      },
      opts,
    );
  }
}
