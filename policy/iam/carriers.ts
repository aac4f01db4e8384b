import type { DocumentKind } from "./document.ts";

/** A property of a resource that holds a policy document. */
export interface Carrier {
  readonly property: string;
  readonly kind: DocumentKind;
  /** Whether `Resource: "*"` is the resource itself: in a key's policy. Default: no. */
  readonly own?: boolean;
}

const identity: readonly Carrier[] = [{ property: "policy", kind: "identity" }];
const resource: readonly Carrier[] = [{ property: "policy", kind: "resource" }];
const key: readonly Carrier[] = [{ property: "policy", kind: "resource", own: true }];

/** Resources of `@pulumi/aws` that hold policy documents. */
export const carriers: Readonly<Record<string, readonly Carrier[]>> = {
  "aws:iam/role:Role": [{ property: "assumeRolePolicy", kind: "trust" }],
  "aws:iam/rolePolicy:RolePolicy": identity,
  "aws:iam/policy:Policy": identity,
  "aws:iam/userPolicy:UserPolicy": identity,
  "aws:iam/groupPolicy:GroupPolicy": identity,
  "aws:kms/key:Key": key,
  "aws:kms/keyPolicy:KeyPolicy": key,
  "aws:s3/bucketPolicy:BucketPolicy": resource,
  "aws:sns/topicPolicy:TopicPolicy": resource,
  "aws:sqs/queuePolicy:QueuePolicy": resource,
  "aws:secretsmanager/secretPolicy:SecretPolicy": resource,
  "aws:ecr/repositoryPolicy:RepositoryPolicy": [{ property: "policy", kind: "repository" }],
  "aws:ec2/vpcEndpoint:VpcEndpoint": resource,
  "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": [{ property: "policyDocument", kind: "resource" }],
};
