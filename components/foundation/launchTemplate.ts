import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { LaunchTemplatePlan } from "../../planning/foundation/launchTemplate.ts";
import { type Transform, transformed } from "../transform.ts";

export interface NodeLaunchTemplateArgs {
  readonly plan: LaunchTemplatePlan;
  /** `Name` tag of the instances. */
  readonly nodeName: string;
  /** The cluster's security group: EKS adds it by itself only where no interface is spelled out. */
  readonly securityGroupId: pulumi.Input<string>;
  /** Tags of the template, and of every instance and network interface that is made from it. */
  readonly tags: Readonly<Record<string, string>>;
  /** Tags of every volume that is made from it. */
  readonly volumeTags: Readonly<Record<string, string>>;
  readonly transform?: Transform<aws.ec2.LaunchTemplateArgs> | undefined;
}

/**
 * How the nodes of a group are launched. Instance metadata answers the node only, by version 2 with a hop limit of 1, so
 * that no pod gets the node's rights; disks are encrypted with AWS's own key, because one of ours would have to trust
 * Auto Scaling's role, which a new account doesn't have.
 *
 * Any change makes a new version, and the node group replaces its nodes, a few at a time. Costs nothing.
 */
export class NodeLaunchTemplate extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  readonly version: pulumi.Output<string>;

  constructor(name: string, args: NodeLaunchTemplateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:foundation:NodeLaunchTemplate", name, {}, opts);
    const child = { parent: this };

    const template = new aws.ec2.LaunchTemplate(
      name,
      transformed(args.transform, {
        ...machine(args),
        ...capacity(args),
        ...placement(name, args, child),
        ...propagatedTags(args),
      }),
      child,
    );

    this.id = template.id;
    this.version = template.latestVersion.apply(String);
    this.registerOutputs({ id: this.id, version: this.version });
  }
}

function machine({ plan, securityGroupId }: NodeLaunchTemplateArgs): aws.ec2.LaunchTemplateArgs {
  const { interfaces, rootVolume, userData } = plan;
  return {
    name: plan.name,
    updateDefaultVersion: true,
    metadataOptions: {
      httpEndpoint: "enabled",
      httpTokens: "required",
      httpPutResponseHopLimit: 1,
      instanceMetadataTags: "disabled",
    },
    blockDeviceMappings: [
      {
        deviceName: rootVolume.device,
        ebs: {
          volumeType: "gp3",
          volumeSize: rootVolume.sizeGiB,
          encrypted: "true",
          deleteOnTermination: "true",
        },
      },
    ],
    ...(userData === undefined ? {} : { userData: Buffer.from(userData).toString("base64") }),
    ...(interfaces.length === 0
      ? {}
      : {
          networkInterfaces: interfaces.map(({ card, device, type }) => ({
            networkCardIndex: card,
            deviceIndex: device,
            interfaceType: type,
            associatePublicIpAddress: "false",
            deleteOnTermination: "true",
            securityGroups: [securityGroupId],
          })),
        }),
  };
}

function capacity({ plan }: NodeLaunchTemplateArgs): aws.ec2.LaunchTemplateArgs {
  const { instanceType, marketType, reservation } = plan;
  return {
    ...(instanceType === undefined ? {} : { instanceType }),
    ...(marketType === undefined ? {} : { instanceMarketOptions: { marketType } }),
    ...(reservation === undefined
      ? {}
      : {
          capacityReservationSpecification: {
            capacityReservationTarget: { capacityReservationId: reservation },
          },
        }),
  };
}

function placement(
  name: string,
  { plan, tags }: NodeLaunchTemplateArgs,
  opts: pulumi.CustomResourceOptions,
): aws.ec2.LaunchTemplateArgs {
  if (plan.placementGroup === undefined) return {};
  const group = new aws.ec2.PlacementGroup(
    name,
    { name: plan.placementGroup, strategy: "cluster", tags },
    opts,
  );
  return { placement: { groupName: group.name } };
}

/** EKS and Auto Scaling pass no tag on by themselves: what they make would be nobody's. */
function propagatedTags({
  nodeName: Name,
  tags,
  volumeTags,
}: NodeLaunchTemplateArgs): aws.ec2.LaunchTemplateArgs {
  return {
    tags,
    tagSpecifications: [
      { resourceType: "instance", tags: { ...tags, Name } },
      { resourceType: "volume", tags: { ...volumeTags, Name } },
      { resourceType: "network-interface", tags: { ...tags, Name } },
    ],
  };
}
