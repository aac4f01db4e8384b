import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Bucket } from "./bucket.ts";

export interface ReplicationArgs {
  readonly from: Bucket;
  readonly to: Bucket;
  /** Region of the source. */
  readonly region: string;
  /** Role that S3 takes on, known when it has its rights. */
  readonly roleArn: pulumi.Input<string>;
  /** Key that encrypts the copies. */
  readonly replicaKeyArn: pulumi.Input<string>;
}

/**
 * Copies what is written to a versioned bucket to one in another region, from then on: what was there before needs S3
 * Batch Replication. A deletion is copied as a marker, so that it can be undone on both sides; the deletion of one
 * version is not.
 *
 * Everything changes in place. Costs the copies' storage, $0.02 per GB on the way, and a request per object; most
 * objects are there within 15 minutes.
 */
export class Replication extends pulumi.ComponentResource {
  constructor(name: string, args: ReplicationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:data:Replication", name, {}, opts);
    const { from, region, replicaKeyArn, roleArn, to } = args;

    new aws.s3.BucketReplicationConfig(
      name,
      {
        // Known when both are versioned, without which S3 refuses.
        bucket: from.bucket,
        region,
        role: roleArn,
        rules: [
          {
            id: "everything",
            priority: 0,
            status: "Enabled",
            filter: { prefix: "" },
            deleteMarkerReplication: { status: "Enabled" },
            sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: "Enabled" } },
            destination: {
              bucket: to.arn,
              storageClass: "STANDARD_IA",
              encryptionConfiguration: { replicaKmsKeyId: replicaKeyArn },
            },
          },
        ],
      },
      { parent: this },
    );
    this.registerOutputs();
  }
}
