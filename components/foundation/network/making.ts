import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { VpcPlan } from "../../../planning/foundation/vpc.ts";
import type { SubnetPlan } from "../../../planning/infrastructure.ts";
import type { Transform } from "../../transform.ts";

export interface NetworkArgs {
  readonly plan: VpcPlan;
  /** Key that encrypts the flow logs. */
  readonly logsKeyArn: pulumi.Input<string>;
  readonly tags: Readonly<Record<string, string>>;
  /** Refuses to delete the VPC and its subnets, and so to change their ranges. */
  readonly protectState: boolean;
  readonly transform?:
    | {
        readonly vpc?: Transform<aws.ec2.VpcArgs>;
        readonly subnet?: Transform<aws.ec2.SubnetArgs>;
        readonly natGateway?: Transform<aws.ec2.NatGatewayArgs>;
      }
    | undefined;
}

/** What a part of the network is made with. */
export interface Making {
  readonly name: string;
  readonly args: NetworkArgs;
  readonly vpcId: pulumi.Output<string>;
  readonly opts: { readonly parent: pulumi.Resource };
}

/** A subnet with its plan. */
export interface Made {
  readonly plan: SubnetPlan;
  readonly subnet: aws.ec2.Subnet;
}

/**
 * Subnets and VPCs are told apart by their ranges: where AWS refuses to give one up, the one in its place is another
 * resource, which goes when the change is taken back. A replaced one would be marked for deletion, for good.
 */
export const withRange = (name: string, { cidr }: { readonly cidr: string }) => `${name}-${cidr}`;
