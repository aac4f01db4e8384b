import type { CertificateDetail } from "@aws-sdk/client-acm";
import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import type { Certificate, DnsRecord, HostedZone, Outside } from "../outside.ts";
import { asked, type Connection, clientConfig, isCode } from "./clients.ts";

/** What Route 53 and ACM know of a host name. */
export async function host(
  connection: Connection,
): Promise<Pick<Outside, "certificate" | "hostedZones" | "records">> {
  const { GetHostedZoneCommand, ListHostedZonesByNameCommand, ListResourceRecordSetsCommand, Route53Client } =
    await import("@aws-sdk/client-route-53");
  const { ACMClient, DescribeCertificateCommand } = await import("@aws-sdk/client-acm");
  const route53 = new Route53Client(clientConfig(connection, "route53"));
  const acm = new ACMClient(clientConfig(connection, "acm"));
  return {
    hostedZones: async (name) => {
      const { HostedZones = [] } = await asked("route53:ListHostedZonesByName", () =>
        route53.send(new ListHostedZonesByNameCommand({ DNSName: name, MaxItems: 100 })),
      );
      const named = HostedZones.filter((zone) => plainName(zone.Name) === name);
      return Promise.all(
        named.map(async (zone): Promise<HostedZone> => {
          const { DelegationSet } = await asked("route53:GetHostedZone", () =>
            route53.send(new GetHostedZoneCommand({ Id: zone.Id })),
          );
          return {
            id: (zone.Id ?? "").replace("/hostedzone/", ""),
            name,
            isPrivate: zone.Config?.PrivateZone === true,
            nameServers: (DelegationSet?.NameServers ?? []).map(plainName),
          };
        }),
      );
    },
    records: (zoneId, name) =>
      asked("route53:ListResourceRecordSets", async () => {
        try {
          const { ResourceRecordSets = [] } = await route53.send(
            new ListResourceRecordSetsCommand({ HostedZoneId: zoneId, StartRecordName: name, MaxItems: 100 }),
          );
          return ResourceRecordSets.filter((set) => plainName(set.Name) === name).map(recordOf);
        } catch (error) {
          if (isCode(error, "NoSuchHostedZone")) return [];
          throw error;
        }
      }),
    certificate: (arn) =>
      asked("acm:DescribeCertificate", async () => {
        try {
          const { Certificate } = await acm.send(new DescribeCertificateCommand({ CertificateArn: arn }));
          return Certificate && certificateOf(Certificate);
        } catch (error) {
          if (isCode(error, "ResourceNotFoundException")) return undefined;
          throw error;
        }
      }),
  };
}

function recordOf({ AliasTarget, ResourceRecords = [], Type }: ResourceRecordSet): DnsRecord {
  return {
    type: Type ?? "",
    values: [
      ...ResourceRecords.flatMap(({ Value }) => Value ?? []),
      ...(AliasTarget?.DNSName ? [plainName(AliasTarget.DNSName)] : []),
    ],
  };
}

function certificateOf(detail: CertificateDetail): Certificate {
  return {
    status: detail.Status ?? "",
    names: detail.SubjectAlternativeNames ?? [],
    imported: detail.Type === "IMPORTED",
    endsAt: detail.NotAfter?.toISOString(),
  };
}

/** Without the dot that ends it in DNS, in lower case. */
function plainName(name = ""): string {
  return name.replace(/\.$/, "").toLowerCase();
}
