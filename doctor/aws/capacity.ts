import type { CapacityReservation } from "@aws-sdk/client-ec2";
import type { Image, Outside, Reservation } from "../outside.ts";
import { asked, type Connection, clientConfig, isCode } from "./clients.ts";

/** Most values that EC2 takes in one filter. */
const filterValues = 200;

/** What EC2 offers, what is reserved in it, and its images. */
export async function capacity(
  connection: Connection,
): Promise<Pick<Outside, "images" | "offerings" | "reservation">> {
  const {
    DescribeCapacityReservationsCommand,
    EC2Client,
    paginateDescribeImages,
    paginateDescribeInstanceTypeOfferings,
  } = await import("@aws-sdk/client-ec2");
  const client = new EC2Client(clientConfig(connection, "ec2"));
  return {
    offerings: (types) =>
      asked("ec2:DescribeInstanceTypeOfferings", async () => {
        const zones = new Map(types.map((type): [string, string[]] => [type, []]));
        for (let from = 0; from < types.length; from += filterValues) {
          const pages = paginateDescribeInstanceTypeOfferings(
            { client },
            {
              LocationType: "availability-zone",
              Filters: [{ Name: "instance-type", Values: types.slice(from, from + filterValues) }],
            },
          );
          for await (const { InstanceTypeOfferings = [] } of pages) {
            for (const { InstanceType = "", Location = "" } of InstanceTypeOfferings) {
              zones.get(InstanceType)?.push(Location);
            }
          }
        }
        return new Map([...zones].map(([type, names]) => [type, names.sort()]));
      }),
    reservation: (id) =>
      asked("ec2:DescribeCapacityReservations", async () => {
        try {
          const { CapacityReservations = [] } = await client.send(
            new DescribeCapacityReservationsCommand({ CapacityReservationIds: [id] }),
          );
          return CapacityReservations.map(reservationOf)[0];
        } catch (error) {
          if (isCode(error, "InvalidCapacityReservationId.NotFound")) return undefined;
          throw error;
        }
      }),
    images: (name) =>
      asked("ec2:DescribeImages", async () => {
        const pages = paginateDescribeImages(
          { client },
          { Owners: ["amazon"], Filters: [{ Name: "name", Values: [name] }] },
        );
        const images: Image[] = [];
        for await (const { Images = [] } of pages) {
          images.push(...Images.map(({ ImageId = "", Name = "" }) => ({ id: ImageId, name: Name })));
        }
        return images;
      }),
  };
}

function reservationOf(answer: CapacityReservation): Reservation {
  return {
    state: answer.State ?? "",
    capacityBlock: answer.ReservationType === "capacity-block",
    instanceType: answer.InstanceType ?? "",
    zone: answer.AvailabilityZone ?? "",
    total: answer.TotalInstanceCount ?? 0,
    available: answer.AvailableInstanceCount ?? 0,
    startsAt: answer.StartDate?.toISOString(),
    endsAt: answer.EndDate?.toISOString(),
    platform: answer.InstancePlatform ?? "",
    tenancy: answer.Tenancy ?? "",
  };
}
