import { quotas } from "../../catalog/quotas.ts";
import { asked, type Connection, clientConfig } from "./clients.ts";

/** Counts what is there of things whose quota is low and that CloudWatch may not count, by the quota's code. */
export async function counters(connection: Connection): Promise<ReadonlyMap<string, () => Promise<number>>> {
  const { DescribeAddressesCommand, EC2Client, paginateDescribeVpcs } = await import("@aws-sdk/client-ec2");
  const { EKSClient, paginateListClusters } = await import("@aws-sdk/client-eks");
  const ec2 = new EC2Client(clientConfig(connection, "ec2"));
  const eks = new EKSClient(clientConfig(connection, "eks"));
  return new Map([
    [
      quotas.vpcs.code,
      () =>
        asked("ec2:DescribeVpcs", async () => {
          let count = 0;
          for await (const { Vpcs = [] } of paginateDescribeVpcs({ client: ec2 }, {})) count += Vpcs.length;
          return count;
        }),
    ],
    [
      quotas.elasticIps.code,
      () =>
        asked("ec2:DescribeAddresses", async () => {
          const { Addresses = [] } = await ec2.send(new DescribeAddressesCommand({}));
          return Addresses.length;
        }),
    ],
    [
      quotas.clusters.code,
      () =>
        asked("eks:ListClusters", async () => {
          let count = 0;
          for await (const { clusters = [] } of paginateListClusters({ client: eks }, {}))
            count += clusters.length;
          return count;
        }),
    ],
  ]);
}
