import type * as pulumi from "@pulumi/pulumi";
import type { Destination } from "./kubernetes/network.ts";
import type { SecretKey } from "./kubernetes/pod.ts";

/**
 * What a program needs to know to keep files in S3, whoever provides it: the settings that every AWS SDK reads. On
 * AWS there are no keys, the pod's service account has a role.
 */
export interface ArtifactStore {
  /** Known when the bucket is there. */
  readonly bucket: pulumi.Output<string>;
  readonly env: Readonly<Record<string, string>>;
  readonly secretEnv: Readonly<Record<string, SecretKey>>;
  readonly destination: Destination;
  /** Whether the store's own URLs lead anywhere outside the cluster. */
  readonly reachableFromOutside: boolean;
}
