import { partitionOf } from "../../../catalog/partitions.ts";
import type { PolicyDocument } from "./policy.ts";

/** A role that an AWS service takes on. */
export interface ServiceRolePlan {
  readonly kind: "service";
  /** Changing it replaces the role. */
  readonly name: string;
  readonly description: string;
  /** `eks.amazonaws.com`. */
  readonly service: string;
  /** What the service takes it on for; undefined for a service that doesn't tell. */
  readonly onBehalfOf?: SourceResource | undefined;
  /** ARNs of AWS's own policies: for what EKS asks for by name. */
  readonly managedPolicies: readonly string[];
  /** Our own policies, by name. */
  readonly policies: Readonly<Record<string, PolicyDocument>>;
}

/** A resource of this account on whose behalf a service acts. */
export interface SourceResource {
  /** `eks`. */
  readonly service: string;
  readonly region: string;
  /** `cluster/ai-platform-prod`; `*` for what has no name of ours. */
  readonly resource: string;
}

/** A role that one service account of one cluster takes on, by EKS Pod Identity. */
export interface PodRolePlan {
  readonly kind: "pod";
  /** Changing it replaces the role. */
  readonly name: string;
  readonly description: string;
  readonly clusterName: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly policies: Readonly<Record<string, PolicyDocument>>;
}

export type RolePlan = ServiceRolePlan | PodRolePlan;

/** Who may take on a role, as the policy document that IAM calls the trust policy. */
export interface TrustPolicy {
  readonly Version: "2012-10-17";
  readonly Statement: readonly [
    {
      readonly Effect: "Allow";
      readonly Principal: { readonly Service: string };
      readonly Action: readonly string[];
      readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
    },
  ];
}

/**
 * Trust in one service, and where it tells, only for a resource of this account: others could make it their deputy.
 * Source: IAM user guide, "The confused deputy problem"; EKS user guide, "Cross-service confused deputy prevention in Amazon
 * EKS"; Amazon VPC user guide, "IAM role for publishing flow logs to CloudWatch Logs".
 */
export function serviceTrust({ onBehalfOf, service }: ServiceRolePlan, accountId: string): TrustPolicy {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: service },
        Action: ["sts:AssumeRole"],
        ...(onBehalfOf && {
          Condition: {
            ArnLike: { "aws:SourceArn": sourceArn(onBehalfOf, accountId) },
            StringEquals: { "aws:SourceAccount": accountId },
          },
        }),
      },
    ],
  };
}

const sourceArn = ({ region, resource, service }: SourceResource, accountId: string) =>
  `arn:${partitionOf(region)}:${service}:${region}:${accountId}:${resource}`;

/**
 * Trust in EKS Pod Identity, and only for one cluster, namespace and service account: without these conditions anyone who
 * may create an association in the account could hand the role to any pod.
 * Source of the keys: EKS user guide, "Create IAM role with trust policy required by EKS Pod Identity".
 */
export function podTrust({ clusterName, namespace, serviceAccount }: PodRolePlan): TrustPolicy {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "pods.eks.amazonaws.com" },
        Action: ["sts:AssumeRole", "sts:TagSession"],
        Condition: {
          StringEquals: {
            "aws:RequestTag/eks-cluster-name": clusterName,
            "aws:RequestTag/kubernetes-namespace": namespace,
            "aws:RequestTag/kubernetes-service-account": serviceAccount,
          },
        },
      },
    ],
  };
}
