import type { PolicyDocument } from "./policy.ts";

/** A role that an AWS service takes on. */
export interface ServiceRolePlan {
  readonly kind: "service";
  /** Changing it replaces the role. */
  readonly name: string;
  readonly description: string;
  /** `eks.amazonaws.com`. */
  readonly service: string;
  /** ARNs of AWS's own policies: for what EKS asks for by name. */
  readonly managedPolicies: readonly string[];
  /** Our own policies, by name. */
  readonly policies: Readonly<Record<string, PolicyDocument>>;
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
      readonly Condition?: { readonly StringEquals: Readonly<Record<string, string>> };
    },
  ];
}

/**
 * Trust in one service; for a pod's role in EKS Pod Identity, and only for that cluster, namespace and service account:
 * without these conditions anyone who may create an association in the account could hand the role to any pod.
 * Source of the keys: EKS user guide, "Create IAM role with trust policy required by EKS Pod Identity".
 */
export function trustPolicy(role: RolePlan): TrustPolicy {
  if (role.kind === "service") {
    return {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service: role.service }, Action: ["sts:AssumeRole"] }],
    };
  }
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "pods.eks.amazonaws.com" },
        Action: ["sts:AssumeRole", "sts:TagSession"],
        Condition: {
          StringEquals: {
            "aws:RequestTag/eks-cluster-name": role.clusterName,
            "aws:RequestTag/kubernetes-namespace": role.namespace,
            "aws:RequestTag/kubernetes-service-account": role.serviceAccount,
          },
        },
      },
    ],
  };
}
