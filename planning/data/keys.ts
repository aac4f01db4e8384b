import type { AwsPlatformSpec } from "../../spec/platform.ts";
import { type KeyPlan, planKey } from "../foundation/keys.ts";

type Owned = Pick<AwsPlatformSpec, "environment" | "ownership">;

/** The key of the data at rest: buckets, the database and its backups, its master secret, images. */
export function dataKey(spec: Owned): KeyPlan {
  return planKey(spec, "data", "Buckets, database, images");
}

/** The key of the copies in another region: keys don't leave theirs. */
export function replicaKey(spec: Owned): KeyPlan {
  return planKey(spec, "data-replica", "Copies of buckets of another region");
}
