/**
 * AWS services that something on the platform talks to and that can be reached by an interface endpoint: what an EKS
 * cluster without a way out needs (EKS user guide, "Deploy private clusters with limited internet access"), and what
 * its add-ons, alarms and our own services call. S3 is not here: its gateway endpoint costs nothing and is always there.
 * Source of the names: AWS PrivateLink guide, "AWS services that integrate with AWS PrivateLink".
 */
export const interfaceEndpoints = [
  "autoscaling",
  "ec2",
  "ecr.api",
  "ecr.dkr",
  "eks",
  "eks-auth",
  "elasticloadbalancing",
  "kms",
  "logs",
  "monitoring",
  "secretsmanager",
  "sns",
  "sts",
] as const;
export type InterfaceEndpoint = (typeof interfaceEndpoints)[number];
