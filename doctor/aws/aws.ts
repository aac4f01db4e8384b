import { nameServers } from "../dns.ts";
import type { Outside } from "../outside.ts";
import { places } from "./account.ts";
import { buckets } from "./buckets.ts";
import { capacity } from "./capacity.ts";
import { type Connection, remembered } from "./clients.ts";
import { eks } from "./eks.ts";
import { host } from "./host.ts";
import { quotas } from "./quotas.ts";

/**
 * AWS as the credentials see it. The clients are loaded here, once it is known that there are credentials.
 * @param home a region that every account of the partition may use
 */
export async function connect(connection: Connection, home: string): Promise<Omit<Outside, "identity">> {
  const parts = await Promise.all([
    places(connection, home),
    quotas(connection),
    capacity(connection),
    eks(connection),
    host(connection),
    buckets(connection),
  ]);
  const [place, quota, ec2, cluster, names, s3] = parts;
  return {
    ...quota,
    ...ec2,
    nameServers,
    optInStatus: remembered(place.optInStatus),
    zones: remembered(place.zones),
    images: remembered(ec2.images),
    hostedZones: remembered(names.hostedZones),
    records: remembered(names.records),
    certificate: names.certificate,
    kubernetesVersions: remembered(cluster.kubernetesVersions),
    addonBuilds: remembered(cluster.addonBuilds),
    clusterVersion: remembered(cluster.clusterVersion),
    ownBuckets: remembered(s3.ownBuckets),
    bucketTaken: s3.bucketTaken,
  };
}
