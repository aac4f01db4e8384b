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
        asked("ec2:DescribeVpcs", () =>
          counted(paginateDescribeVpcs({ client: ec2 }, {}), ({ Vpcs }) => Vpcs),
        ),
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
        asked("eks:ListClusters", () =>
          counted(paginateListClusters({ client: eks }, {}), ({ clusters }) => clusters),
        ),
    ],
  ]);
}

/** How many things there are on all pages of an answer. */
async function counted<Page>(
  pages: AsyncIterable<Page>,
  of: (page: Page) => readonly unknown[] | undefined,
): Promise<number> {
  let count = 0;
  for await (const page of pages) count += of(page)?.length ?? 0;
  return count;
}
