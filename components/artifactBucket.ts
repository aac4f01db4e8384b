import * as pulumi from "@pulumi/pulumi";
import type { PodRolePlan } from "../planning/foundation/iam/roles.ts";
import type { ArtifactStore } from "./artifactStore.ts";
import type { Bucket } from "./data/bucket.ts";
import { PodIdentityRole } from "./foundation/podIdentity.ts";

export interface ArtifactBucketArgs {
  readonly bucket: Bucket;
  readonly region: string;
  /** Role of the service account that gets to read and write it. */
  readonly role: PodRolePlan;
  /** Name of the cluster, known when there is one: only access waits for it, the bucket doesn't. */
  readonly clusterName: pulumi.Input<string>;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * A bucket as a store of run artifacts and models, and a role that gives one service account access to it by EKS Pod
 * Identity. Access costs nothing.
 */
export class ArtifactBucket extends pulumi.ComponentResource implements ArtifactStore {
  /** Known when the service account has access. */
  readonly bucket: pulumi.Output<string>;
  readonly env: ArtifactStore["env"];
  readonly secretEnv: ArtifactStore["secretEnv"] = {};
  readonly destination = "aws";
  readonly reachableFromOutside = true;

  constructor(name: string, args: ArtifactBucketArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:index:ArtifactBucket", name, {}, opts);
    const { bucket, clusterName, region, role, tags } = args;

    const access = new PodIdentityRole(name, { plan: role, clusterName, tags }, { parent: this });

    this.env = { AWS_REGION: region, AWS_DEFAULT_REGION: region };
    this.bucket = pulumi.all([bucket.bucket, access.ready]).apply(([bucketName]) => bucketName);
    this.registerOutputs({ bucket: this.bucket });
  }
}
