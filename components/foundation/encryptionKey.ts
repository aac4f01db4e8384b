import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type KeyPlan, type KeyUse, keyPolicy } from "../../planning/foundation/keys.ts";

export interface EncryptionKeyArgs {
  readonly plan: KeyPlan;
  /** Who may use it: see `keyPolicy`. */
  readonly use: Omit<KeyUse, "accountId">;
  /** The account that it is in. */
  readonly accountId: pulumi.Input<string>;
  /** Region that it is in. Default: the provider's. Changing it replaces the key: what it encrypted is lost. */
  readonly region?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Refuses to delete it: what it encrypted would be lost. Default: no. */
  readonly protectState?: boolean;
}

/**
 * A KMS key that rotates every year, and an alias to find it by. $1 a month, and $0.03 for 10,000 uses.
 *
 * Everything changes in place. A deleted key can be brought back for as many days as its plan says.
 */
export class EncryptionKey extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: EncryptionKeyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:foundation:EncryptionKey", name, {}, opts);
    const child = { parent: this };
    const { accountId, plan, protectState = false, tags, use } = args;
    const place = args.region === undefined ? {} : { region: args.region };

    const key = new aws.kms.Key(
      name,
      {
        ...place,
        description: plan.description,
        deletionWindowInDays: plan.deletionDays,
        enableKeyRotation: true,
        policy: pulumi.output(accountId).apply((id) => JSON.stringify(keyPolicy({ ...use, accountId: id }))),
        tags,
      },
      { ...child, protect: protectState },
    );
    new aws.kms.Alias(name, { ...place, name: plan.alias, targetKeyId: key.keyId }, child);

    this.arn = key.arn;
    this.registerOutputs({ arn: this.arn });
  }
}
