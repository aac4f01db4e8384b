import type { Outside, Zone } from "../outside.ts";
import { asked, type Connection, clientConfig } from "./clients.ts";

/** Who we are, by STS. */
export async function identity(connection: Connection): Promise<Awaited<ReturnType<Outside["identity"]>>> {
  // Apart from the question itself, so that a role that can't be taken on is told as that.
  await asked("sts:AssumeRole", () => connection.credentials());
  const { GetCallerIdentityCommand, STSClient } = await import("@aws-sdk/client-sts");
  const sts = new STSClient(clientConfig(connection, "sts", connection.provider.stsRegion));
  const { Account = "", Arn = "" } = await asked("sts:GetCallerIdentity", () =>
    sts.send(new GetCallerIdentityCommand({})),
  );
  return { account: Account, arn: Arn };
}

/** What EC2 knows about regions and zones. */
export async function places(
  connection: Connection,
  home: string,
): Promise<Pick<Outside, "optInStatus" | "zones">> {
  const { DescribeAvailabilityZonesCommand, DescribeRegionsCommand, EC2Client } = await import(
    "@aws-sdk/client-ec2"
  );
  const here = new EC2Client(clientConfig(connection, "ec2"));
  // A region that the account may not use answers nothing, so that another is asked about it.
  const there = new EC2Client(clientConfig(connection, "ec2", home));
  return {
    optInStatus: async (region) => {
      const { Regions = [] } = await asked("ec2:DescribeRegions", () =>
        there.send(new DescribeRegionsCommand({ AllRegions: true })),
      );
      return Regions.find(({ RegionName }) => RegionName === region)?.OptInStatus;
    },
    zones: async () => {
      const { AvailabilityZones = [] } = await asked("ec2:DescribeAvailabilityZones", () =>
        here.send(
          new DescribeAvailabilityZonesCommand({
            // Local Zones and Wavelength Zones take no part of the network.
            Filters: [{ Name: "zone-type", Values: ["availability-zone"] }],
          }),
        ),
      );
      return new Map(
        AvailabilityZones.flatMap(({ State = "", ZoneId = "", ZoneName }): [string, Zone][] =>
          ZoneName === undefined ? [] : [[ZoneName, { id: ZoneId, state: State }]],
        ),
      );
    },
  };
}
