/** Why one statement may allow more than the rules do. */
export interface Accepted {
  /** Of the resource that holds the statement. */
  readonly type: string;
  /** The resource's name in the program; `*` stands for any text. */
  readonly name: string;
  /** `Sid`, or `#1` for the first one where it has none. */
  readonly statement: string;
  /** Action or principal. */
  readonly what: string;
  readonly why: string;
}

/** Everything that is accepted. What no environment has any more must go: a test says so. */
export const accepted: readonly Accepted[] = [
  {
    type: "aws:kms/key:Key",
    name: "*",
    statement: "Account",
    what: "kms:*",
    why:
      "Without it IAM's policies say nothing about the key, and a key that nobody may manage can only be given back to its " +
      'account by AWS\'s support (KMS developer guide, "Default key policy").',
  },
  {
    type: "aws:iam/rolePolicy:RolePolicy",
    name: "vpc-cni-access",
    statement: "Tag",
    what: "ec2:CreateTags",
    why:
      "When it starts, the CNI also tags the interface that the instance was launched with, which has no tag of the cluster " +
      "by then to know it by (amazon-vpc-cni-k8s, pkg/ipamd/ipamd.go, nodeInit).",
  },
  {
    type: "aws:iam/role:Role",
    name: "node",
    statement: "#1",
    what: "ec2.amazonaws.com",
    why:
      "EC2 takes an instance's role on without telling for which; a role can only be given to instances of its own account, " +
      "by who may pass it.",
  },
  {
    type: "aws:iam/role:Role",
    name: "bucket-replication",
    statement: "#1",
    what: "s3.amazonaws.com",
    why:
      'The S3 user guide knows no source for replication ("Setting up permissions for live replication"); a role can only be ' +
      "given to buckets of its own account, by who may pass it.",
  },
  ...["budgets.amazonaws.com", "cloudwatch.amazonaws.com", "costalerts.amazonaws.com"].map((what) => ({
    type: "aws:kms/key:Key",
    name: "alarms",
    statement: "Publishers",
    what,
    why: "It can only encrypt with the key; for which account it may publish is what the topic's own policy says.",
  })),
];
