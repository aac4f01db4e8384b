import type { ResourceValidationPolicy } from "@pulumi/policy";
import { looseTrustOf } from "../iam/findings.ts";
import { unexplained } from "./unexplained.ts";

export const awsNarrowTrust: ResourceValidationPolicy = {
  name: "aws-narrow-trust",
  description:
    "Every policy that says who says it narrowly: not everybody, and services for this account only.",
  enforcementLevel: "mandatory",
  severity: "critical",
  remediationSteps:
    "Add the conditions that the message names. Where the service tells no source, write the reason down in " +
    "policy/iam/accepted.ts.",
  validateResource: unexplained(looseTrustOf),
};
