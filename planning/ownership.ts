import type { PlatformSpec } from "../spec/platform.ts";

type Owned = Pick<PlatformSpec, "environment" | "ownership">;

/** Value of `app.kubernetes.io/part-of` on every object: how everything of ours is found again. */
export const partOf = "ai-platform";

/** AWS tags that every taggable resource carries; the policy pack refuses one without them. */
export function tagsFor({ environment, ownership }: Owned): Record<string, string> {
  return {
    Project: ownership.project,
    Environment: environment,
    Owner: ownership.owner,
    CostCenter: ownership.costCenter,
    ManagedBy: "pulumi",
  };
}

/** The same facts as Kubernetes labels, beside the recommended `app.kubernetes.io` ones. */
export function labelsFor({ environment, ownership }: Owned): Record<string, string> {
  return {
    "app.kubernetes.io/part-of": partOf,
    "app.kubernetes.io/managed-by": "pulumi",
    environment,
    project: ownership.project,
    owner: ownership.owner,
    "cost-center": ownership.costCenter,
  };
}
