import { z } from "zod";
import { call } from "../../../../support/simulated/sdk.ts";
import { dropped, type Refusal } from "../account.ts";

/** What holds data, and what it is made with. */
export const data: readonly Refusal[] = [
  {
    what: "a bucket with an object",
    code: "BucketNotEmpty",
    arrange: async (account) => {
      const Bucket = account.name("bucket");
      const object = { Bucket, Key: "model.bin" };
      await account.sdk.do(
        call("s3", "create_bucket", { Bucket }),
        call("s3", "put_object", { ...object, Body: "weights" }),
      );
      return {
        deletion: call("s3", "delete_bucket", { Bucket }),
        clearance: [call("s3", "delete_object", object)],
      };
    },
  },
  {
    what: "a bucket with a deleted object's versions",
    code: "BucketNotEmpty",
    arrange: async (account) => {
      const Bucket = account.name("bucket");
      const object = { Bucket, Key: "model.bin" };
      const versioned = { Bucket, VersioningConfiguration: { Status: "Enabled" } };
      await account.sdk.do(
        call("s3", "create_bucket", { Bucket }),
        call("s3", "put_bucket_versioning", versioned),
      );
      const version = z.object({ VersionId: z.string() });
      const put = await account.sdk.get(call("s3", "put_object", { ...object, Body: "weights" }), version);
      const marker = await account.sdk.get(call("s3", "delete_object", object), version);
      const remove = ({ VersionId }: { readonly VersionId: string }) =>
        call("s3", "delete_object", { ...object, VersionId });
      return {
        deletion: call("s3", "delete_bucket", { Bucket }),
        clearance: [remove(put), remove(marker)],
      };
    },
  },
  {
    what: "a database's subnet group",
    code: "InvalidDBSubnetGroupStateFault",
    arrange: async (account) => {
      const DBSubnetGroupName = account.name("subnets");
      const { subnets } = await account.subnets();
      const given = { DBSubnetGroupName, DBSubnetGroupDescription: "a test's", SubnetIds: subnets };
      await account.sdk.do(call("rds", "create_db_subnet_group", given));
      const database = await account.database({ DBSubnetGroupName });
      return {
        deletion: call("rds", "delete_db_subnet_group", { DBSubnetGroupName }),
        clearance: [dropped(database)],
      };
    },
  },
  {
    what: "a database's parameter group",
    code: "InvalidDBParameterGroupState",
    arrange: async (account) => {
      const DBParameterGroupName = account.name("parameters");
      const given = { DBParameterGroupName, DBParameterGroupFamily: "postgres17", Description: "a test's" };
      await account.sdk.do(call("rds", "create_db_parameter_group", given));
      const database = await account.database({ DBParameterGroupName });
      return {
        deletion: call("rds", "delete_db_parameter_group", { DBParameterGroupName }),
        clearance: [dropped(database)],
      };
    },
  },
  {
    what: "a database with deletion protection",
    code: "InvalidParameterCombination",
    arrange: async (account) => {
      const DBInstanceIdentifier = await account.database({ DeletionProtection: true });
      const lifted = { DBInstanceIdentifier, DeletionProtection: false, ApplyImmediately: true };
      return {
        deletion: dropped(DBInstanceIdentifier),
        clearance: [call("rds", "modify_db_instance", lifted)],
      };
    },
  },
  {
    what: "a repository with an image",
    code: "RepositoryNotEmptyException",
    arrange: async (account) => {
      const repositoryName = account.name("repository");
      const image = { repositoryName, imageManifest: manifest, imageTag: "1.0.0" };
      await account.sdk.do(
        call("ecr", "create_repository", { repositoryName }),
        call("ecr", "put_image", image),
      );
      const imageIds = [{ imageTag: "1.0.0" }];
      return {
        deletion: call("ecr", "delete_repository", { repositoryName }),
        clearance: [call("ecr", "batch_delete_image", { repositoryName, imageIds })],
      };
    },
  },
  {
    what: "a hosted zone with a record",
    code: "HostedZoneNotEmpty",
    arrange: async (account) => {
      const named = { Name: "example.com", CallerReference: account.name("zone") };
      const { HostedZone } = await account.sdk.get(
        call("route53", "create_hosted_zone", named),
        z.object({ HostedZone: z.object({ Id: z.string() }) }),
      );
      const record = {
        Name: "ai.example.com",
        Type: "A",
        TTL: 60,
        ResourceRecords: [{ Value: "192.0.2.1" }],
      };
      const change = (Action: "CREATE" | "DELETE") =>
        call("route53", "change_resource_record_sets", {
          HostedZoneId: HostedZone.Id,
          ChangeBatch: { Changes: [{ Action, ResourceRecordSet: record }] },
        });
      await account.sdk.do(change("CREATE"));
      return {
        deletion: call("route53", "delete_hosted_zone", { Id: HostedZone.Id }),
        clearance: [change("DELETE")],
      };
    },
  },
];

const digest = `sha256:${"0".repeat(64)}`;
const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  config: { mediaType: "application/vnd.oci.image.config.v1+json", size: 2, digest },
  layers: [],
});
