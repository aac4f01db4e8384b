import type { ResourceValidationPolicy } from "@pulumi/policy";
import { taggableTypes } from "../../catalog/awsTaggable.ts";
import { missing } from "./required.ts";

/** Without these nobody can tell whose bill a resource is, or whether it may be deleted. */
export const requiredTags = ["Project", "Environment", "Owner", "CostCenter", "ManagedBy"] as const;

export const awsRequiredTags: ResourceValidationPolicy = {
  name: "aws-required-tags",
  description: `Every AWS resource that can be tagged carries ${requiredTags.join(", ")}.`,
  enforcementLevel: "mandatory",
  severity: "high",
  remediationSteps: "Pass the plan's tags to the resource: `tags: plan.tags`.",
  validateResource: ({ props, type }, report) => {
    if (!taggableTypes.has(type)) return;
    const absent = missing(props.tags, requiredTags);
    if (absent !== undefined) report(`has no tag ${absent}`);
  },
};
