import { httpStatusOf } from "../failure.ts";
import type { Outside } from "../outside.ts";
import { asked, type Connection, clientConfig } from "./clients.ts";

/** Whose names of buckets are. */
export async function buckets(connection: Connection): Promise<Pick<Outside, "bucketTaken" | "ownBuckets">> {
  const { HeadBucketCommand, paginateListBuckets, S3Client } = await import("@aws-sdk/client-s3");
  const clientIn = (region?: string) =>
    new S3Client({
      ...clientConfig(connection, "s3", region),
      forcePathStyle: connection.provider.s3UsePathStyle ?? false,
    });
  return {
    ownBuckets: () =>
      asked("s3:ListAllMyBuckets", async () => {
        const names = new Set<string>();
        for await (const { Buckets = [] } of paginateListBuckets(
          { client: clientIn(), pageSize: 1000 },
          {},
        )) {
          for (const { Name } of Buckets) if (Name !== undefined) names.add(Name);
        }
        return names;
      }),
    bucketTaken: (name, region) =>
      asked("s3:ListBucket", async () => {
        try {
          await clientIn(region).send(new HeadBucketCommand({ Bucket: name }));
          return true;
        } catch (error) {
          // S3 answers without words: the name is free, or it is somebody's, here or in another region.
          const status = httpStatusOf(error);
          if (status === 404) return false;
          if (status === 301 || status === 307 || status === 400 || status === 403) return true;
          throw error;
        }
      }),
  };
}
