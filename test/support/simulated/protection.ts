import { z } from "zod";
import { call, type Sdk } from "./sdk.ts";

/**
 * Takes from an environment what keeps AWS from deleting it, as a person does who means it: the deletion protection of
 * its cluster, database and load balancer, the images in its repositories and the objects in its buckets.
 */
export async function liftProtection(sdk: Sdk): Promise<void> {
  const clusters = z.object({ clusters: z.array(z.string()) });
  for (const name of (await sdk.get(call("eks", "list_clusters"), clusters)).clusters) {
    await sdk.do(call("eks", "update_cluster_config", { name, deletionProtection: false }));
  }
  const databases = z.object({ DBInstances: z.array(z.object({ DBInstanceIdentifier: z.string() })) });
  const { DBInstances } = await sdk.get(call("rds", "describe_db_instances"), databases);
  for (const { DBInstanceIdentifier } of DBInstances) {
    const lifted = { DBInstanceIdentifier, DeletionProtection: false, ApplyImmediately: true };
    await sdk.do(call("rds", "modify_db_instance", lifted));
  }
  const balancers = z.object({ LoadBalancers: z.array(z.object({ LoadBalancerArn: z.string() })) });
  const { LoadBalancers } = await sdk.get(call("elbv2", "describe_load_balancers"), balancers);
  for (const { LoadBalancerArn } of LoadBalancers) {
    const Attributes = [{ Key: "deletion_protection.enabled", Value: "false" }];
    await sdk.do(call("elbv2", "modify_load_balancer_attributes", { LoadBalancerArn, Attributes }));
  }
  await emptyRepositories(sdk);
  await emptyBuckets(sdk);
}

async function emptyRepositories(sdk: Sdk): Promise<void> {
  const named = z.object({ repositories: z.array(z.object({ repositoryName: z.string() })) });
  const { repositories } = await sdk.get(call("ecr", "describe_repositories"), named);
  for (const { repositoryName } of repositories) {
    const images = z.object({ imageIds: z.array(z.object({ imageDigest: z.string() })) });
    const { imageIds } = await sdk.get(call("ecr", "list_images", { repositoryName }), images);
    const digests = imageIds.map(({ imageDigest }) => ({ imageDigest }));
    if (digests.length === 0) continue;
    await sdk.do(call("ecr", "batch_delete_image", { repositoryName, imageIds: digests }));
  }
}

async function emptyBuckets(sdk: Sdk): Promise<void> {
  const named = z.object({ Buckets: z.array(z.object({ Name: z.string() })) });
  const { Buckets } = await sdk.get(call("s3", "list_buckets"), named);
  for (const { Name: Bucket } of Buckets) {
    const objects = z.array(z.object({ Key: z.string(), VersionId: z.string() })).default([]);
    const versions = z.object({ Versions: objects, DeleteMarkers: objects });
    const { DeleteMarkers, Versions } = await sdk.get(
      call("s3", "list_object_versions", { Bucket }),
      versions,
    );
    for (const { Key, VersionId } of [...Versions, ...DeleteMarkers]) {
      await sdk.do(call("s3", "delete_object", { Bucket, Key, VersionId }));
    }
  }
}
