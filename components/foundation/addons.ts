import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AddonName } from "../../catalog/eks.ts";
import type { AddonPlan } from "../../planning/foundation/addons.ts";
import { AccessRole } from "./accessRole.ts";

export interface AddonsArgs {
  /** Add-ons, in any order. Those that they come after are among them, or in place already. */
  readonly plans: readonly AddonPlan[];
  readonly clusterName: pulumi.Input<string>;
  readonly tags: Readonly<Record<string, string>>;
  /** What must be there as long as they are. */
  readonly after: readonly pulumi.Resource[];
}

/**
 * EKS add-ons of one turn, each with the role of its service account. AWS puts back what somebody changes in them by hand.
 *
 * A version changes in place, pod by pod. What is installed is deleted with the stack, before the nodes or after them,
 * whichever way round it came. They cost nothing but the room that they take.
 */
export class Addons extends pulumi.ComponentResource {
  readonly #addons: ReadonlyMap<AddonName, aws.eks.Addon>;

  constructor(name: string, args: AddonsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:foundation:Addons", name, {}, opts);
    const child = { parent: this };

    const addons = new Map<AddonName, aws.eks.Addon>();
    const install = (plan: AddonPlan): aws.eks.Addon => {
      const present = addons.get(plan.name);
      if (present !== undefined) return present;
      const before = args.plans.filter(({ name: other }) => plan.after.includes(other)).map(install);
      const addon = createAddon(plan, args, { ...child, dependsOn: [...args.after, ...before] });
      addons.set(plan.name, addon);
      return addon;
    };
    for (const plan of args.plans) install(plan);

    this.#addons = addons;
    this.registerOutputs({});
  }

  /** @throws Error for an add-on of another turn */
  get(name: AddonName): aws.eks.Addon {
    const addon = this.#addons.get(name);
    if (addon === undefined) throw new Error(`${name} is not among these add-ons`);
    return addon;
  }
}

function createAddon(
  plan: AddonPlan,
  { clusterName, tags }: AddonsArgs,
  opts: pulumi.CustomResourceOptions & { readonly parent: pulumi.Resource },
) {
  const role = plan.role && new AccessRole(plan.name, { plan: plan.role, tags }, { parent: opts.parent });
  return new aws.eks.Addon(
    plan.name,
    {
      clusterName,
      addonName: plan.name,
      addonVersion: plan.version,
      ...(plan.configuration === undefined
        ? {}
        : { configurationValues: JSON.stringify(plan.configuration) }),
      ...(plan.role === undefined || role === undefined
        ? {}
        : {
            podIdentityAssociations: [{ roleArn: role.arn, serviceAccount: plan.role.serviceAccount }],
          }),
      resolveConflictsOnCreate: "OVERWRITE",
      resolveConflictsOnUpdate: "OVERWRITE",
      tags,
    },
    opts,
  );
}
