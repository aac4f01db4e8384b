import type { ResourceValidationPolicy } from "@pulumi/policy";
import { documentFaults } from "../iam/findings.ts";

/** What IAM would refuse after half of an `up`, or take and never apply. */
export const awsPolicyDocuments: ResourceValidationPolicy = {
  name: "aws-policy-documents",
  description:
    "Every policy document keeps to IAM's grammar, and its actions, ARNs and condition keys exist.",
  enforcementLevel: "mandatory",
  severity: "high",
  remediationSteps: "Look the name up in the Service Authorization Reference of its service.",
  validateResource: async (resource, report) => {
    for (const fault of await documentFaults(resource)) report(fault);
  },
};
