import { partitionOf } from "../../../catalog/partitions.ts";
import { allow, type PolicyDocument, policy } from "./policy.ts";

/** The cluster and the region that a policy is for. */
export interface PolicyScope {
  readonly region: string;
  readonly clusterName: string;
}

/** All resources of a type. Snapshots are of no account: they can be shared. */
const ec2 = ({ region }: PolicyScope, type: string) =>
  `arn:${partitionOf(region)}:ec2:${region}:${type === "snapshot" ? "" : "*"}:${type}/*`;

/**
 * The VPC CNI: network interfaces that it made itself, on instances and in subnets of this cluster.
 *
 * Source: amazon-vpc-cni-k8s, docs/iam-policy.md, "Scope-down IAM policy per EKS cluster"; where that names the VPC,
 * which has no id yet, the cluster's tags on subnets and security groups stand here.
 */
export function vpcCniPolicy(scope: PolicyScope): PolicyDocument {
  const { clusterName } = scope;
  const networkInterface = ec2(scope, "network-interface");
  const ofCluster = { [`aws:ResourceTag/kubernetes.io/cluster/${clusterName}`]: ["owned", "shared"] };
  return policy(
    allow(
      "Look",
      [
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeInstances",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeTags",
      ],
      ["*"],
    ),
    allow("Tag", ["ec2:CreateTags"], [networkInterface]),
    allow("Create", ["ec2:CreateNetworkInterface"], [networkInterface], {
      StringEquals: { "aws:RequestTag/cluster.k8s.amazonaws.com/name": clusterName },
    }),
    allow("CreateIn", ["ec2:CreateNetworkInterface"], [ec2(scope, "subnet"), ec2(scope, "security-group")], {
      StringEquals: ofCluster,
    }),
    allow(
      "Manage",
      [
        "ec2:AssignPrivateIpAddresses",
        "ec2:AttachNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DetachNetworkInterface",
        "ec2:ModifyNetworkInterfaceAttribute",
        "ec2:UnassignPrivateIpAddresses",
      ],
      [networkInterface],
      { StringEquals: { "aws:ResourceTag/cluster.k8s.amazonaws.com/name": clusterName } },
    ),
    allow(
      "ManageOn",
      ["ec2:AttachNetworkInterface", "ec2:DetachNetworkInterface", "ec2:ModifyNetworkInterfaceAttribute"],
      [ec2(scope, "instance")],
      { StringEquals: ofCluster },
    ),
    allow("ManageIn", ["ec2:ModifyNetworkInterfaceAttribute"], [ec2(scope, "security-group")], {
      StringEquals: ofCluster,
    }),
  );
}

/**
 * The EBS CSI driver: volumes and snapshots of this cluster, on nodes of this cluster.
 *
 * Source: aws-ebs-csi-driver v1.66, docs/AmazonEBSCSIDriverEKSClusterScopedPolicy.json, with the cluster's name in place of
 * the session tag, and without what only users with tools of their own need: locked snapshots, fast restore, copied volumes,
 * tags changed later. Volumes are encrypted with AWS's own key, which needs no right.
 */
export function ebsCsiPolicy(scope: PolicyScope): PolicyDocument {
  const { clusterName } = scope;
  const volume = ec2(scope, "volume");
  const snapshot = ec2(scope, "snapshot");
  const requested = { StringEquals: { "aws:RequestTag/ebs.csi.aws.com/cluster-name": clusterName } };
  const owned = { StringEquals: { "aws:ResourceTag/ebs.csi.aws.com/cluster-name": clusterName } };
  return policy(
    allow(
      "Look",
      [
        "ec2:DescribeAvailabilityZones",
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeInstances",
        "ec2:DescribeSnapshots",
        "ec2:DescribeVolumeStatus",
        "ec2:DescribeVolumes",
        "ec2:DescribeVolumesModifications",
      ],
      ["*"],
    ),
    allow("Create", ["ec2:CreateVolume"], [volume], requested),
    allow("Restore", ["ec2:CreateVolume"], [snapshot], owned),
    allow("Snapshot", ["ec2:CreateSnapshot"], [snapshot], requested),
    allow(
      "Manage",
      ["ec2:AttachVolume", "ec2:CreateSnapshot", "ec2:DeleteVolume", "ec2:DetachVolume", "ec2:ModifyVolume"],
      [volume],
      owned,
    ),
    allow("ManageOn", ["ec2:AttachVolume", "ec2:DetachVolume"], [ec2(scope, "instance")], {
      StringEquals: { "aws:ResourceTag/eks:cluster-name": clusterName },
    }),
    allow("DeleteSnapshot", ["ec2:DeleteSnapshot"], [snapshot], owned),
    allow("Tag", ["ec2:CreateTags"], [volume, snapshot], {
      StringEquals: { "ec2:CreateAction": ["CreateVolume", "CreateSnapshot"] },
    }),
  );
}

/**
 * The cluster autoscaler: sizes of the Auto Scaling groups of this cluster.
 * Source: kubernetes/autoscaler, cluster-autoscaler/cloudprovider/aws/README.md, "IAM Policy"; EKS tags the groups.
 */
export function clusterAutoscalerPolicy({ clusterName, region }: PolicyScope): PolicyDocument {
  const partition = partitionOf(region);
  return policy(
    allow(
      "Look",
      [
        "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:DescribeAutoScalingInstances",
        "autoscaling:DescribeLaunchConfigurations",
        "autoscaling:DescribeScalingActivities",
        "autoscaling:DescribeTags",
        "ec2:DescribeImages",
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeLaunchTemplateVersions",
        "ec2:GetInstanceTypesFromInstanceRequirements",
      ],
      ["*"],
    ),
    allow(
      "LookAtGroups",
      ["eks:DescribeNodegroup"],
      [`arn:${partition}:eks:${region}:*:nodegroup/${clusterName}/*/*`],
    ),
    allow(
      "Scale",
      ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
      [`arn:${partition}:autoscaling:${region}:*:autoScalingGroup:*:autoScalingGroupName/eks-*`],
      { StringEquals: { [`aws:ResourceTag/k8s.io/cluster-autoscaler/${clusterName}`]: "owned" } },
    ),
  );
}
