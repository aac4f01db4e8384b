import { Unanswered } from "../failure.ts";
import type { Certificate, DnsRecord, HostedZone, Outside } from "../outside.ts";
import { type Check, check, failed, ok, type Verdict, warning } from "./check.ts";
import { awsCommand, isUp, type Subject } from "./subject.ts";

/** The gateway's host name: its zone, its record, and whether ACM can give it a certificate. */
export function hostChecks(subject: Subject): Check[] {
  const { host } = subject.spec.gateway;
  const { source } = subject;
  const names = zoneNames(host);
  return [
    check({
      subject: `hosted zone of ${host}`,
      would: `Route 53 has one public zone among ${names.join(", ")}, and public DNS leads to it`,
      ask: async (outside): Promise<ZoneAnswer> => {
        const zones = await zonesOf(outside, names);
        const name = publicZones(zones)[0]?.name;
        return { zones, seen: name === undefined ? undefined : await seenServers(outside, name) };
      },
      judge: (answer) =>
        judgeZone(answer, {
          source,
          create: awsCommand(subject, [
            "route53",
            "create-hosted-zone",
            ...["--name", names.at(-1) ?? host, "--caller-reference", "$(date +%s)"],
          ]),
        }),
    }),
    check({
      subject: `record ${host}`,
      would: "nobody has one yet",
      ask: async (outside) => ({
        records: await hostRecords(outside, names, host),
        up: await isUp(subject, outside),
      }),
      judge: ({ records, up }) => judgeRecord(host, records, { source, up }),
    }),
    check({
      subject: `certificate of ${host}`,
      would: "no CAA record keeps ACM from issuing one",
      ask: async (outside) => ({
        caa: await caaRecords(outside, names),
        certificates: await outside.certificates(host),
      }),
      judge: ({ caa, certificates }) => judgeCertificate(caa, certificates),
    }),
  ];
}

/** Names that a zone with the host in it may have, the nearest first; a top-level domain is nobody's. */
export function zoneNames(host: string): string[] {
  const labels = host.split(".");
  return labels.slice(0, -1).map((_, index) => labels.slice(index).join("."));
}

async function zonesOf(outside: Outside, names: readonly string[]): Promise<HostedZone[]> {
  return (await Promise.all(names.map((name) => outside.hostedZones(name)))).flat();
}

/** The nearest zones, of one name, that the internet can see. */
function publicZones(zones: readonly HostedZone[]): HostedZone[] {
  const open = zones.filter(({ isPrivate }) => !isPrivate);
  return open.filter(({ name }) => name === open[0]?.name);
}

async function nearestZone(outside: Outside, names: readonly string[]): Promise<HostedZone | undefined> {
  return publicZones(await zonesOf(outside, names))[0];
}

async function hostRecords(outside: Outside, names: readonly string[], host: string) {
  const zone = await nearestZone(outside, names);
  return zone && outside.records(zone.id, host);
}

/** CAA records of the nearest name in the zone that has any, as authorities look them up (RFC 8659). */
async function caaRecords(outside: Outside, names: readonly string[]): Promise<readonly DnsRecord[]> {
  const zone = await nearestZone(outside, names);
  if (zone === undefined) return [];
  for (const name of names.filter((each) => each === zone.name || each.endsWith(`.${zone.name}`))) {
    const found = (await outside.records(zone.id, name)).filter(({ type }) => type === "CAA");
    if (found.length > 0) return found;
  }
  return [];
}

/** What answers on the internet; "unknown" where no resolver can be asked. */
async function seenServers(outside: Outside, zone: string): Promise<readonly string[] | "unknown"> {
  try {
    return await outside.nameServers(zone);
  } catch (error) {
    if (error instanceof Unanswered) return "unknown";
    throw error;
  }
}

export interface ZoneAnswer {
  readonly zones: readonly HostedZone[];
  /** Name servers of the nearest public zone in public DNS; undefined where there is no such zone. */
  readonly seen: readonly string[] | "unknown" | undefined;
}

/** ACM waits for a record in the zone that it can see: an undelegated zone holds an `up` for more than an hour. */
export function judgeZone(
  { seen, zones }: ZoneAnswer,
  { create, source }: { readonly source: string; readonly create: string },
): Verdict {
  const open = publicZones(zones);
  const [zone, another] = open;
  if (zone === undefined) {
    const only = zones[0] === undefined ? "no zone" : `only the private zone ${zones[0].name}`;
    return failed(
      `Route 53 has ${only} for it in this account`,
      `Make a public zone and delegate its name to it: ${create}`,
      `Or give gateway.host of ${source} a name in a zone that is there`,
    );
  }
  if (another !== undefined) {
    return failed(
      `there are ${open.length} public zones ${zone.name}: ${open.map(({ id }) => id).join(", ")}`,
      "Remove those that no name server of the parent domain leads to",
    );
  }
  const found = `${zone.name} (${zone.id})`;
  const servers = `Have the parent domain's NS records name ${zone.nameServers.join(", ")}`;
  if (seen === undefined || seen === "unknown") {
    return warning(
      `${found}; public DNS can't be asked here whether it leads there`,
      `dig +short NS ${zone.name}`,
    );
  }
  if (seen.length === 0) return failed(`${found}, but public DNS doesn't know ${zone.name}`, servers);
  if (!seen.some((name) => zone.nameServers.includes(name))) {
    return failed(`${found}, but public DNS leads to ${seen.join(", ")}`, servers);
  }
  return ok(`${found}, delegated`);
}

/** Pulumi makes the record and doesn't take over one that is there. */
export function judgeRecord(
  host: string,
  records: readonly DnsRecord[] | undefined,
  { source, up }: { readonly source: string; readonly up: boolean },
): Verdict {
  if (records === undefined) return ok("free: there is no zone yet");
  const taken = records.filter(({ type }) => type === "A" || type === "CNAME");
  if (taken.length === 0) return ok("free");
  const what = taken.map(({ type, values }) => `${type} ${values.join(" ")}`).join(", ");
  if (up) return ok(`${what}: the environment is up`);
  return failed(
    `there already: ${what}`,
    `Remove it, or give gateway.host of ${source} another name than ${host}`,
  );
}

/** Values of CAA records that let ACM issue. Source: ACM user guide, "(Optional) Configure a CAA record". */
const amazonAuthorities = ["amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"];

export function judgeCertificate(caa: readonly DnsRecord[], certificates: readonly Certificate[]): Verdict {
  const issuers = caa
    .flatMap(({ values }) => values)
    .flatMap((value) => /^\d+\s+issue\s+"?([^";\s]*)/.exec(value)?.[1] ?? []);
  if (issuers.length > 0 && !issuers.some((name) => amazonAuthorities.includes(name))) {
    return failed(
      `CAA records allow ${issuers.map((name) => name || "nobody").join(", ")} only, not ACM`,
      `Add a CAA record 0 issue "amazon.com"`,
    );
  }
  const waiting = certificates.filter(({ status }) => status === "PENDING_VALIDATION");
  if (waiting.length > 0) {
    return warning(
      `ACM waits for the proof of ${waiting.map(({ arn }) => arn).join(", ")}: perhaps it can't see the zone`,
    );
  }
  return ok(
    issuers.length > 0 ? `CAA records allow ${issuers.join(", ")}` : "no CAA record stands in ACM's way",
  );
}
