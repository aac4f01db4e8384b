import type { ResourceValidationPolicy } from "@pulumi/policy";
import { wideGrantsOf } from "../iam/findings.ts";
import { unexplained } from "./unexplained.ts";

export const awsNoWildcardWrite: ResourceValidationPolicy = {
  name: "aws-no-wildcard-write",
  description: "No policy allows changes by a wildcard, or to everything, without a written reason.",
  enforcementLevel: "mandatory",
  severity: "critical",
  remediationSteps:
    "Name the actions and the resources, or pick resources by a condition on their tags. Where AWS leaves no choice, write " +
    "the reason down in policy/iam/accepted.ts.",
  validateResource: unexplained(wideGrantsOf),
};
