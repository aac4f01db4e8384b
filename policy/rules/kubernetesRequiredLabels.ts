import type { ResourceValidationPolicy } from "@pulumi/policy";
import { missing } from "./required.ts";

/** The recommended labels, and the same facts about ownership as the AWS tags. */
export const requiredLabels = [
  "app.kubernetes.io/name",
  "app.kubernetes.io/part-of",
  "app.kubernetes.io/managed-by",
  "environment",
  "project",
  "owner",
  "cost-center",
] as const;

/** Types of `@pulumi/kubernetes` that are no objects of the cluster, or only a part of one that others own. */
const notObjects = /^kubernetes:(yaml|helm\.sh|kustomize)|Patch$/;

export const kubernetesRequiredLabels: ResourceValidationPolicy = {
  name: "kubernetes-required-labels",
  description: `Every Kubernetes object carries ${requiredLabels.join(", ")}; so do the pods that it makes.`,
  enforcementLevel: "mandatory",
  severity: "high",
  remediationSteps:
    "Take the object's metadata from `named` or `generated` in components/kubernetes/metadata.ts.",
  validateResource: ({ props, type }, report) => {
    if (!type.startsWith("kubernetes:") || notObjects.test(type)) return;
    const absent = missing(props.metadata?.labels, requiredLabels);
    if (absent !== undefined) report(`has no label ${absent}`);
    const template = props.spec?.template;
    const absentFromPods = template ? missing(template.metadata?.labels, requiredLabels) : undefined;
    if (absentFromPods !== undefined) report(`makes pods without label ${absentFromPods}`);
  },
};
