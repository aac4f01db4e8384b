import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { PodRolePlan } from "../../planning/foundation/iam/roles.ts";
import { AccessRole, type AccessRoleArgs } from "./accessRole.ts";

export interface PodIdentityRoleArgs {
  readonly plan: PodRolePlan;
  readonly policies?: AccessRoleArgs["policies"];
  /** Name of the cluster, known when there is one. */
  readonly clusterName: pulumi.Input<string>;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * Rights in AWS for the pods of one service account, by EKS Pod Identity: no keys, no annotation, no identity provider.
 * The service account needn't exist yet. Pods that run already get the rights when they are restarted. Costs nothing.
 *
 * Changing the namespace or the service account replaces the association, which takes the rights away for seconds.
 */
export class PodIdentityRole extends pulumi.ComponentResource {
  /** Known when pods that start have the rights. */
  readonly ready: pulumi.Output<string>;

  constructor(name: string, args: PodIdentityRoleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:foundation:PodIdentityRole", name, {}, opts);
    const child = { parent: this };
    const { clusterName, plan, policies, tags } = args;

    const role = new AccessRole(name, { plan, policies, tags }, child);
    const association = new aws.eks.PodIdentityAssociation(
      name,
      {
        clusterName,
        namespace: plan.namespace,
        serviceAccount: plan.serviceAccount,
        roleArn: role.arn,
        tags,
      },
      child,
    );

    this.ready = association.id;
    this.registerOutputs({ ready: this.ready });
  }
}
