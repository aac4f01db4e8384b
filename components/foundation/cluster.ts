import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { partitionOf } from "../../catalog/partitions.ts";
import type { ClusterPlan } from "../../planning/foundation/cluster.ts";
import { type Transform, transformed } from "../transform.ts";
import { AccessRole } from "./accessRole.ts";
import { EncryptionKey } from "./encryptionKey.ts";

export interface ClusterArgs {
  readonly plan: ClusterPlan;
  readonly region: string;
  readonly accountId: pulumi.Input<string>;
  /** Where EKS puts its own network interfaces, in at least two zones. Can be changed within the same zones. */
  readonly subnetIds: readonly pulumi.Input<string>[];
  /** Key that encrypts the control plane's logs. */
  readonly logsKeyArn: pulumi.Input<string>;
  readonly tags: Readonly<Record<string, string>>;
  /** Tags of its key. */
  readonly keyTags: Readonly<Record<string, string>>;
  /** Refuses to delete the cluster and the key of its Secrets. */
  readonly protectState: boolean;
  readonly transform?: { readonly cluster?: Transform<aws.eks.ClusterArgs> } | undefined;
}

/**
 * The EKS control plane: reached from inside the VPC only unless ranges are named, everything it does in its logs, its
 * Secrets encrypted with a key of their own, access by access entries. It comes without add-ons: `Addons` brings them.
 *
 * Changing the name, the role, the range of Services or the network replaces it, and with it everything on it. The
 * version goes up by one minor at a time, in place, in some ten minutes; endpoint ranges, logs and tags change in place.
 *
 * Costs $0.10 an hour, $0.60 in extended support; the key $1 a month; logs $0.50 per GB. Takes some ten minutes to make.
 *
 * What EKS still writes to the log group after the cluster is gone makes the group anew, without an end: see
 * docs/environments.md, "What is left".
 */
export class Cluster extends pulumi.ComponentResource {
  /** Known when the API server answers. */
  readonly clusterName: pulumi.Output<string>;
  readonly endpoint: pulumi.Output<string>;
  /** PEM in base64. */
  readonly certificateAuthority: pulumi.Output<string>;
  /** The group that EKS puts nodes and its own interfaces in. */
  readonly securityGroupId: pulumi.Output<string>;

  constructor(name: string, args: ClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:foundation:Cluster", name, {}, opts);
    const child = { parent: this };
    const { plan, protectState, tags } = args;

    const key = new EncryptionKey(
      name,
      {
        plan: plan.key,
        use: { partition: partitionOf(args.region), region: args.region, logGroups: [] },
        accountId: args.accountId,
        tags: args.keyTags,
        protectState,
      },
      child,
    );
    const role = new AccessRole(name, { plan: plan.role, tags }, child);
    const logs = new aws.cloudwatch.LogGroup(
      `${name}-logs`,
      {
        name: plan.logs.group.name,
        retentionInDays: plan.logs.group.retentionDays,
        kmsKeyId: args.logsKeyArn,
        tags,
      },
      child,
    );
    const cluster = new aws.eks.Cluster(
      name,
      transformed(args.transform?.cluster, clusterArgs(args, role.arn, key.arn)),
      {
        ...child,
        dependsOn: logs,
        protect: protectState,
        // Counts once, when the cluster is made, and can't be read back: an imported cluster would be replaced for it.
        ignoreChanges: ["bootstrapSelfManagedAddons"],
      },
    );
    admit(name, args, cluster, child);
    letIn(name, args, cluster, child);

    this.clusterName = cluster.name;
    this.endpoint = cluster.endpoint;
    this.certificateAuthority = cluster.certificateAuthority.data;
    this.securityGroupId = cluster.vpcConfig.clusterSecurityGroupId;
    this.registerOutputs({ clusterName: this.clusterName, endpoint: this.endpoint });
  }
}

function clusterArgs(
  { plan, subnetIds, tags }: ClusterArgs,
  roleArn: pulumi.Output<string>,
  keyArn: pulumi.Output<string>,
): aws.eks.ClusterArgs {
  const { publicCidrs } = plan.endpoint;
  return {
    name: plan.name,
    version: plan.version,
    roleArn,
    vpcConfig: {
      subnetIds: [...subnetIds],
      endpointPrivateAccess: true,
      endpointPublicAccess: publicCidrs.length > 0,
      ...(publicCidrs.length > 0 ? { publicAccessCidrs: [...publicCidrs] } : {}),
    },
    kubernetesNetworkConfig: { ipFamily: "ipv4", serviceIpv4Cidr: plan.serviceCidr },
    accessConfig: {
      authenticationMode: "API",
      // Whoever creates it goes on to create what is in it. Taking that away later would replace the cluster.
      bootstrapClusterCreatorAdminPermissions: true,
    },
    bootstrapSelfManagedAddons: false,
    encryptionConfig: { provider: { keyArn }, resources: ["secrets"] },
    enabledClusterLogTypes: [...plan.logs.kinds],
    upgradePolicy: { supportType: plan.supportType },
    zonalShiftConfig: { enabled: plan.zonalShift },
    deletionProtection: plan.deletionProtection,
    tags,
  };
}

/** An access entry per administrator, who may do everything in every namespace. */
function admit(
  name: string,
  { plan, region, tags }: ClusterArgs,
  cluster: aws.eks.Cluster,
  opts: pulumi.CustomResourceOptions,
) {
  for (const principalArn of plan.admins) {
    const who = `${name}-${principalArn.slice(principalArn.lastIndexOf(":") + 1)}`;
    const entry = new aws.eks.AccessEntry(who, { clusterName: cluster.name, principalArn, tags }, opts);
    new aws.eks.AccessPolicyAssociation(
      who,
      {
        clusterName: cluster.name,
        principalArn: entry.principalArn,
        policyArn: `arn:${partitionOf(region)}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy`,
        accessScope: { type: "cluster" },
      },
      opts,
    );
  }
}

/** EKS's own rules let in nothing but nodes. */
function letIn(
  name: string,
  { plan, tags }: ClusterArgs,
  cluster: aws.eks.Cluster,
  opts: pulumi.CustomResourceOptions,
) {
  for (const cidrIpv4 of plan.endpoint.privateCidrs) {
    new aws.vpc.SecurityGroupIngressRule(
      `${name}-api-${cidrIpv4}`,
      {
        securityGroupId: cluster.vpcConfig.clusterSecurityGroupId,
        description: `API server from ${cidrIpv4}`,
        cidrIpv4,
        ipProtocol: "tcp",
        fromPort: 443,
        toPort: 443,
        tags,
      },
      opts,
    );
  }
}
