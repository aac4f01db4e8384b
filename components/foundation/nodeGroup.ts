import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { ManagedNodeGroupPlan } from "../../planning/foundation/nodeGroups.ts";
import { type Transform, transformed } from "../transform.ts";
import { NodeLaunchTemplate } from "./launchTemplate.ts";

export interface NodeGroupArgs {
  readonly plan: ManagedNodeGroupPlan;
  readonly clusterName: pulumi.Input<string>;
  /** The cluster's own security group. */
  readonly securityGroupId: pulumi.Input<string>;
  readonly roleArn: pulumi.Input<string>;
  /** Subnets of the plan's zones. */
  readonly subnetIds: readonly pulumi.Input<string>[];
  readonly tags: Readonly<Record<string, string>>;
  /** Tags of the root volumes. */
  readonly volumeTags: Readonly<Record<string, string>>;
  /** What must be there as long as there are nodes. */
  readonly after: readonly pulumi.Resource[];
  readonly transform?:
    | {
        readonly nodeGroup?: Transform<aws.eks.NodeGroupArgs>;
        readonly launchTemplate?: Transform<aws.ec2.LaunchTemplateArgs>;
      }
    | undefined;
}

/**
 * Nodes of one kind of hardware, bought in one way. EKS drains and replaces them for a new image or launch template, and
 * repairs those that its monitoring agent finds ill.
 *
 * Labels, taints, sizes and the image's release change in place. Another image type, way to buy, instance type or
 * zone makes a new group beside the old one, which then goes: pods move before their nodes do. The number of nodes is the
 * cluster autoscaler's: an `up` leaves it alone, but for one that changes the bounds without a refresh before it. See
 * docs/changes.md, "Sizes".
 *
 * Costs what its instances and their root disks cost; nothing while it is empty. Takes two to five minutes to make.
 */
export class NodeGroup extends pulumi.ComponentResource {
  /** Name of its Auto Scaling group. */
  readonly autoscalingGroup: pulumi.Output<string>;
  /** The nodes themselves. What is to start on them from zero waits for the whole group, which is known to the autoscaler. */
  readonly nodes: pulumi.Resource;

  constructor(name: string, args: NodeGroupArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:foundation:NodeGroup", name, {}, opts);
    const child = { parent: this };
    const { plan, tags, transform } = args;

    const template = new NodeLaunchTemplate(
      name,
      {
        plan: plan.launchTemplate,
        nodeName: plan.launchTemplate.name,
        securityGroupId: args.securityGroupId,
        tags,
        volumeTags: args.volumeTags,
        transform: transform?.launchTemplate,
      },
      child,
    );
    const group = new aws.eks.NodeGroup(
      name,
      transformed(transform?.nodeGroup, nodeGroupArgs(args, template)),
      {
        ...child,
        dependsOn: [...args.after],
        ignoreChanges: ["scalingConfig.desiredSize"],
        // One that EKS could not make is made again. Otherwise the next `up` would take it for made, and delete the group
        // that it was to replace. Source: pulumi v3.259.0, pkg/resource/deploy/step_generator.go (initErrorSpecialKey).
        replaceOnChanges: ["#initerror"],
      },
    );
    this.nodes = group;
    this.autoscalingGroup = group.resources.apply(autoscalingGroupIn);
    pulumi.all([group.status, group.urn]).apply(([status, urn]) => refuseUnmade(status, urn, this));
    describeToAutoscaler(name, args, this.autoscalingGroup, child);

    this.registerOutputs({ autoscalingGroup: this.autoscalingGroup });
  }
}

/** Without a name: the engine's differs for the group that replaces another, so that both can be there. */
function nodeGroupArgs(args: NodeGroupArgs, template: NodeLaunchTemplate): aws.eks.NodeGroupArgs {
  const { plan, subnetIds, tags } = args;
  return {
    clusterName: args.clusterName,
    nodeRoleArn: args.roleArn,
    subnetIds: [...subnetIds],
    amiType: plan.amiType,
    version: plan.version,
    releaseVersion: plan.amiRelease,
    capacityType: plan.capacityType,
    ...(plan.instanceTypes.length === 0 ? {} : { instanceTypes: [...plan.instanceTypes] }),
    launchTemplate: { id: template.id, version: template.version },
    scalingConfig: { minSize: plan.size.min, maxSize: plan.size.max, desiredSize: plan.size.start },
    labels: plan.labels,
    taints: plan.taints.map((taint) => ({ ...taint })),
    updateConfig: {
      maxUnavailablePercentage: plan.update.maxUnavailablePercentage,
      updateStrategy: plan.update.strategy,
    },
    nodeRepairConfig: { enabled: true },
    tags,
  };
}

/** EKS makes one Auto Scaling group per node group, whatever the zones. */
function autoscalingGroupIn(resources: readonly aws.types.output.eks.NodeGroupResource[]): string {
  const name = resources[0]?.autoscalingGroups?.[0]?.name;
  if (name === undefined) throw new Error("EKS names no Auto Scaling group of the node group");
  return name;
}

/**
 * After a refresh the engine takes a group that EKS could not make for one that was made, and would go on: deleting the
 * group that it was to replace.
 * @throws ResourceError which stops it before that
 */
function refuseUnmade(status: string, urn: string, group: pulumi.Resource) {
  if (status !== "CREATE_FAILED") return;
  throw new pulumi.ResourceError(
    "EKS could not make this node group, and keeps what is left of it (CREATE_FAILED). Nothing goes on while it is there. " +
      `To make it anew, add to this command: --replace '${urn}'`,
    group,
    true,
  );
}

/** EKS tags the Auto Scaling group with the cluster and its own name only. */
function describeToAutoscaler(
  name: string,
  { plan }: NodeGroupArgs,
  autoscalingGroupName: pulumi.Output<string>,
  opts: pulumi.CustomResourceOptions,
) {
  for (const [key, value] of Object.entries(plan.autoscalerTags)) {
    new aws.autoscaling.Tag(
      `${name}-${key.slice(key.lastIndexOf("node-template/") + "node-template/".length)}`,
      // The nodes have them as labels and taints; as tags of the instances they would say nothing new.
      { autoscalingGroupName, tag: { key, value, propagateAtLaunch: false } },
      opts,
    );
  }
}
