import type { ResourceValidationPolicy } from "@pulumi/policy";
import { awsRequiredTags } from "./rules/awsRequiredTags.ts";
import { kubernetesRequiredLabels } from "./rules/kubernetesRequiredLabels.ts";

/** Every rule of the pack. Apart from the pack itself, which starts a server when it is made. */
export const policies: readonly ResourceValidationPolicy[] = [awsRequiredTags, kubernetesRequiredLabels];
