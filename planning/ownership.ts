import type { PlatformSpec } from "../spec/platform.ts";
import { fitName } from "./names.ts";

type Owned = Pick<PlatformSpec, "environment" | "ownership">;

/** Value of `app.kubernetes.io/part-of` on every object: how everything of ours is found again. */
export const partOf = "ai-platform";

/** Parts of the bill: what cost items are named after, and what AWS resources are tagged with. */
export const costComponents = ["cluster", "nodes", "network", "storage", "database", "others"] as const;
export type CostComponent = (typeof costComponents)[number];

/**
 * AWS tags that every taggable resource carries; the policy pack refuses one without them.
 * @param component adds the tag `Component`. Activated as a cost allocation tag, it splits AWS's bill the way the cost
 * plan is split, so that one can be held against the other.
 */
export function tagsFor(
  { environment, ownership }: Owned,
  component?: CostComponent,
): Record<string, string> {
  return {
    Project: ownership.project,
    Environment: environment,
    Owner: ownership.owner,
    CostCenter: ownership.costCenter,
    ManagedBy: "pulumi",
    ...(component && { Component: component }),
  };
}

/** The tags of every part of the bill. */
export function tagsByComponent(owned: Owned): Record<CostComponent, Record<string, string>> {
  return {
    cluster: tagsFor(owned, "cluster"),
    nodes: tagsFor(owned, "nodes"),
    network: tagsFor(owned, "network"),
    storage: tagsFor(owned, "storage"),
    database: tagsFor(owned, "database"),
    others: tagsFor(owned, "others"),
  };
}

/**
 * The same facts as Kubernetes labels, beside the recommended `app.kubernetes.io` ones.
 * @param component role in the platform, such as `vectors` or `models`: adds `app.kubernetes.io/component`
 */
export function labelsFor({ environment, ownership }: Owned, component?: string): Record<string, string> {
  return {
    "app.kubernetes.io/part-of": partOf,
    "app.kubernetes.io/managed-by": "pulumi",
    environment,
    project: ownership.project,
    owner: ownership.owner,
    "cost-center": ownership.costCenter,
    ...(component && { "app.kubernetes.io/component": fitName("label-value", component) }),
  };
}
