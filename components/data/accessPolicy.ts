import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AccessPolicyPlan } from "../../planning/data/access.ts";
import type { PolicyDocument } from "../../planning/foundation/iam/policy.ts";

/** A policy for roles that are none of ours. It can't be deleted while it is attached to one. */
export function accessPolicy(
  name: string,
  args: {
    readonly plan: AccessPolicyPlan;
    readonly document: pulumi.Input<PolicyDocument>;
    readonly tags: Readonly<Record<string, string>>;
  },
  opts: pulumi.CustomResourceOptions,
): aws.iam.Policy {
  const { document, plan, tags } = args;
  return new aws.iam.Policy(
    name,
    { name: plan.name, description: plan.description, policy: pulumi.jsonStringify(document), tags },
    opts,
  );
}
