import type { ResourceValidationPolicy } from "@pulumi/policy";
import { awsNarrowTrust } from "./rules/awsNarrowTrust.ts";
import { awsNoWildcardWrite } from "./rules/awsNoWildcardWrite.ts";
import { awsPolicyDocuments } from "./rules/awsPolicyDocuments.ts";
import { awsRequiredTags } from "./rules/awsRequiredTags.ts";
import { kubernetesRequiredLabels } from "./rules/kubernetesRequiredLabels.ts";

/** Every rule of the pack. Apart from the pack itself, which starts a server when it is made. */
export const policies: readonly ResourceValidationPolicy[] = [
  awsRequiredTags,
  awsPolicyDocuments,
  awsNoWildcardWrite,
  awsNarrowTrust,
  kubernetesRequiredLabels,
];
