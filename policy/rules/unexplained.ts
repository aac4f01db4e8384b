import type { ResourceValidationPolicy } from "@pulumi/policy";
import type { Grant, Judged } from "../iam/findings.ts";

/** Reports what is found of a resource's policies and has no written reason. */
export function unexplained(
  findingsOf: (resource: Judged) => Promise<Grant[]>,
): NonNullable<ResourceValidationPolicy["validateResource"]> {
  return async (resource, report) => {
    for (const { reason, statement, what, why } of await findingsOf(resource)) {
      if (reason === undefined) report(`${statement}: ${what} ${why}`);
    }
  };
}
