import type { AwsPlatformSpec } from "../../spec/platform.ts";
import { resourceName } from "./naming.ts";

/** A KMS key of the environment. It rotates every year and costs $1 a month. */
export interface KeyPlan {
  /** `alias/...`: how people find it. Changing it replaces the alias only. */
  readonly alias: string;
  readonly description: string;
  /**
   * Days between its deletion and its end, in which it can be brought back; what it encrypted is lost after that. 7,
   * AWS's least, where an environment may be thrown away; 30, AWS's most, in prod.
   */
  readonly deletionDays: number;
}

export function planKey(
  spec: Pick<AwsPlatformSpec, "environment" | "ownership">,
  name: string,
  description: string,
): KeyPlan {
  return {
    alias: resourceName(spec, "kms-alias", name),
    description,
    deletionDays: spec.environment === "prod" ? 30 : 7,
  };
}
