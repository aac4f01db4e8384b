import type { Wide } from "./breadth.ts";
import type { Condition, Principal, Statement } from "./document.ts";

/**
 * Whom a statement allows something without saying enough about them: everybody, another account, or a service on whoever's
 * behalf, which then is a confused deputy.
 * Source: IAM user guide, "The confused deputy problem".
 */
export function looseTrust({ conditions, effect, principals }: Statement): Wide[] {
  if (effect === "Deny") return [];
  return principals.flatMap((principal) => {
    const why = loose(principal, conditions);
    return why === undefined ? [] : [{ what: principal.value, why }];
  });
}

function loose({ type, value }: Principal, conditions: readonly Condition[]): string | undefined {
  const says = (...keys: readonly string[]) =>
    conditions.some(
      ({ key, operator, values }) =>
        /^(ForAnyValue:)?(StringEquals|StringLike|ArnEquals|ArnLike)$/.test(operator) &&
        keys.some((wanted) => key.startsWith(wanted)) &&
        !values.includes("*"),
    );
  if (type === "*") {
    return says("aws:PrincipalAccount", "aws:PrincipalArn", "aws:PrincipalOrgID", "aws:SourceVpce")
      ? undefined
      : "is everybody in the world";
  }
  if (type !== "Service") return undefined;
  if (value === "pods.eks.amazonaws.com") {
    return podTags.every((tag) => says(tag))
      ? undefined
      : `is every pod of every cluster: ${podTags.join(", ")} say which`;
  }
  // CloudWatch Logs tells a key for which log group it asks, and for nothing else.
  return says("aws:SourceArn", "aws:SourceAccount", "kms:EncryptionContext:aws:logs:arn")
    ? undefined
    : "acts for any account: aws:SourceAccount or aws:SourceArn says for which";
}

/** Source: EKS user guide, "Create IAM role with trust policy required by EKS Pod Identity". */
const podTags = [
  "aws:RequestTag/eks-cluster-name",
  "aws:RequestTag/kubernetes-namespace",
  "aws:RequestTag/kubernetes-service-account",
];
