import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { PolicyDocument } from "../../planning/foundation/iam/policy.ts";
import { podTrust, type RolePlan, serviceTrust } from "../../planning/foundation/iam/roles.ts";

export interface AccessRoleArgs {
  readonly plan: RolePlan;
  /** Further policies, by name: those about what has no ARN before it is made. Default: none. */
  readonly policies?: Readonly<Record<string, pulumi.Input<PolicyDocument>>> | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * An IAM role with all that it may do. Its policies are the only ones that it has: what somebody attaches by hand shows
 * as a difference in AWS, not here. Costs nothing.
 */
export class AccessRole extends pulumi.ComponentResource {
  /** Known when the role has its rights, so that who uses it goes before they do. */
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: AccessRoleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:foundation:AccessRole", name, {}, opts);
    const child = { parent: this };
    const { plan, tags } = args;

    const role = new aws.iam.Role(
      name,
      {
        name: plan.name,
        description: plan.description,
        assumeRolePolicy: pulumi.jsonStringify(trust(plan, child)),
        tags,
      },
      child,
    );
    const managed = (plan.kind === "service" ? plan.managedPolicies : []).map(
      (policyArn) =>
        new aws.iam.RolePolicyAttachment(
          `${name}-${policyArn.slice(policyArn.lastIndexOf("/") + 1)}`,
          { role: role.name, policyArn },
          child,
        ),
    );
    const own = Object.entries({ ...plan.policies, ...args.policies }).map(
      ([policyName, document]) =>
        new aws.iam.RolePolicy(
          `${name}-${policyName}`,
          {
            role: role.name,
            name: policyName,
            policy: pulumi.jsonStringify(document),
          },
          child,
        ),
    );

    const rights = pulumi.all([...managed, ...own].map(({ id }) => id));
    this.arn = pulumi.all([role.arn, rights]).apply(([arn]) => arn);
    this.registerOutputs({ arn: this.arn });
  }
}

function trust(plan: RolePlan, opts: pulumi.InvokeOptions) {
  if (plan.kind === "pod") return podTrust(plan);
  const { accountId } = aws.getCallerIdentityOutput({}, opts);
  return accountId.apply((id) => serviceTrust(plan, id));
}
