import * as aws from "@pulumi/aws";
import { transformed } from "../../transform.ts";
import { type Made, type Making, type NetworkArgs, withRange } from "./making.ts";

export function createVpc(
  name: string,
  { plan, protectState, tags, transform }: NetworkArgs,
  opts: Making["opts"],
) {
  return new aws.ec2.Vpc(
    withRange(name, plan),
    transformed(transform?.vpc, {
      cidrBlock: plan.cidr,
      // Both are needed for private names: of the API server, and of interface endpoints.
      enableDnsHostnames: true,
      enableDnsSupport: true,
      tags: { ...tags, Name: plan.name },
    }),
    { ...opts, protect: protectState },
  );
}

/** Taken over rather than made: every VPC has one, which lets its members talk to each other and to the world. */
export function closeDefaultSecurityGroup({ args, name, opts, vpcId }: Making) {
  return new aws.ec2.DefaultSecurityGroup(
    name,
    { vpcId, ingress: [], egress: [], tags: { ...args.tags, Name: `${args.plan.name}-default-closed` } },
    opts,
  );
}

export function createSubnets({ args, name, opts, vpcId }: Making): Made[] {
  const { plan: vpc, protectState, tags, transform } = args;
  return vpc.subnets.map((plan) => ({
    plan,
    subnet: new aws.ec2.Subnet(
      withRange(`${name}-${plan.name}`, plan),
      transformed(transform?.subnet, {
        vpcId,
        availabilityZone: plan.zone,
        cidrBlock: plan.cidr,
        mapPublicIpOnLaunch: false,
        tags: { ...tags, ...vpc.subnetTags[plan.tier], Name: `${vpc.name}-${plan.name}` },
      }),
      { ...opts, protect: protectState },
    ),
  }));
}
