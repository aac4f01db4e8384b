import type { Certificate, DnsRecord, HostedZone, Outside } from "../outside.ts";
import { asked, type Connection, clientConfig } from "./clients.ts";

/** What Route 53 and ACM know of a host name. */
export async function host(
  connection: Connection,
): Promise<Pick<Outside, "certificates" | "hostedZones" | "records">> {
  const { GetHostedZoneCommand, ListHostedZonesByNameCommand, ListResourceRecordSetsCommand, Route53Client } =
    await import("@aws-sdk/client-route-53");
  const { ACMClient, KeyAlgorithm, paginateListCertificates } = await import("@aws-sdk/client-acm");
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
    records: async (zoneId, name) => {
      const { ResourceRecordSets = [] } = await asked("route53:ListResourceRecordSets", () =>
        route53.send(
          new ListResourceRecordSetsCommand({ HostedZoneId: zoneId, StartRecordName: name, MaxItems: 100 }),
        ),
      );
      return ResourceRecordSets.filter((set) => plainName(set.Name) === name).map(
        ({ AliasTarget, ResourceRecords = [], Type = "" }): DnsRecord => ({
          type: Type,
          values: [
            ...ResourceRecords.flatMap(({ Value }) => Value ?? []),
            ...(AliasTarget?.DNSName ? [plainName(AliasTarget.DNSName)] : []),
          ],
        }),
      );
    },
    certificates: (domain) =>
      asked("acm:ListCertificates", async () => {
        // ACM lists certificates with RSA keys only, unless it is told otherwise.
        const pages = paginateListCertificates(
          { client: acm },
          { Includes: { keyTypes: Object.values(KeyAlgorithm) } },
        );
        const found: Certificate[] = [];
        for await (const { CertificateSummaryList = [] } of pages) {
          found.push(
            ...CertificateSummaryList.filter(({ DomainName }) => DomainName === domain).map(
              ({ CertificateArn = "", Status = "" }) => ({ arn: CertificateArn, status: Status }),
            ),
          );
        }
        return found;
      }),
  };
}

/** Without the dot that ends it in DNS, in lower case. */
function plainName(name = ""): string {
  return name.replace(/\.$/, "").toLowerCase();
}
