import { Unanswered } from "../failure.ts";
import type { DnsRecord, HostedZone, Outside } from "../outside.ts";
import { type Check, check, failed, ok, type Verdict, warning } from "./check.ts";
import { awsCommand, isUp, type Subject } from "./subject.ts";

/** The zone of the gateway's host, and the host's record where the plan makes one in it. */
export function zoneChecks(subject: Subject): Check[] {
  const { infrastructure, source, spec } = subject;
  const { host, hostedZone } = spec.gateway;
  const names = hostedZone === undefined ? zoneNames(host) : [hostedZone.name];
  const create = awsCommand(subject, [
    "route53",
    "create-hosted-zone",
    ...["--name", names.at(-1) ?? host, "--caller-reference", "$(date +%s)"],
  ]);
  const zone = check({
    subject: `hosted zone of ${host}`,
    would:
      hostedZone === undefined
        ? `gateway.hostedZone isn't given; which of ${names.join(", ")} Route 53 has`
        : `${hostedZone.name} (${hostedZone.id}) is public, and public DNS leads to it`,
    ask: async (outside): Promise<ZoneAnswer> => {
      const zones = (await Promise.all(names.map((name) => outside.hostedZones(name)))).flat();
      const there = zones.some(({ id, isPrivate }) => id === hostedZone?.id && !isPrivate);
      return {
        zones,
        seen: hostedZone && there ? await seenServers(outside, hostedZone.name) : undefined,
      };
    },
    judge: (answer) => judgeZone(answer, { wanted: hostedZone, source, create }),
  });
  const recordZoneId = infrastructure.edge?.recordZoneId;
  if (recordZoneId === undefined) return [zone];
  const record = check({
    subject: `record ${host}`,
    would: "nobody has one yet",
    ask: async (outside) => ({
      records: await outside.records(recordZoneId, host),
      up: await isUp(subject, outside),
    }),
    judge: ({ records, up }) => judgeRecord(host, records, { source, up }),
  });
  return [zone, record];
}

/** Names that a zone with the host in it may have, the nearest first; a top-level domain is nobody's. */
export function zoneNames(host: string): string[] {
  const labels = host.split(".");
  return labels.slice(0, -1).map((_, index) => labels.slice(index).join("."));
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
  /** Zones with the wanted name or, where none is wanted, with any that the host may be in; the nearest first. */
  readonly zones: readonly HostedZone[];
  /** Name servers of the wanted zone in public DNS; undefined where it wasn't looked for. */
  readonly seen: readonly string[] | "unknown" | undefined;
}

export interface ZoneContext {
  /** The description's gateway.hostedZone. */
  readonly wanted: { readonly id: string; readonly name: string } | undefined;
  readonly source: string;
  /** The command that makes a zone. */
  readonly create: string;
}

export function judgeZone({ seen, zones }: ZoneAnswer, { create, source, wanted }: ZoneContext): Verdict {
  const open = zones.filter(({ isPrivate }) => !isPrivate);
  if (wanted === undefined) return suggestion(open[0], source, create);
  const zone = zones.find(({ id }) => id === wanted.id);
  if (zone === undefined) {
    const others = open.map(({ id }) => id).join(", ");
    return failed(
      `Route 53 has no zone ${wanted.id} of ${wanted.name} in this account${others && `, but ${others}`}`,
      others
        ? `Correct gateway.hostedZone.id of ${source}`
        : `Make it, and have its parent lead to it: ${create}`,
    );
  }
  const found = `${zone.name} (${zone.id})`;
  if (zone.isPrivate)
    return failed(`${found} is private`, `Name a public zone in gateway.hostedZone of ${source}`);
  return judgeDelegation(zone, seen, found);
}

/** ACM waits for a record in the zone that it can see: an undelegated zone holds an `up` for more than an hour. */
function judgeDelegation(zone: HostedZone, seen: ZoneAnswer["seen"], found: string): Verdict {
  if (seen === undefined || seen === "unknown") {
    return warning(
      `${found}; public DNS can't be asked here whether it leads there`,
      `dig +short NS ${zone.name}`,
    );
  }
  const remedy = `Have the parent domain's NS records name ${zone.nameServers.join(", ")}`;
  if (seen.length === 0) return failed(`${found}, but public DNS doesn't know ${zone.name}`, remedy);
  if (!seen.some((name) => zone.nameServers.includes(name))) {
    return failed(`${found}, but public DNS leads to ${seen.join(", ")}`, remedy);
  }
  return ok(`${found}, delegated`);
}

/** Without a zone the platform comes up, but somebody else must lead users to it. */
function suggestion(zone: HostedZone | undefined, source: string, create: string): Verdict {
  if (zone === undefined) {
    return warning(
      "gateway.hostedZone isn't given, and Route 53 has no public zone for it in this account",
      `Make its record elsewhere, or a zone here: ${create}`,
    );
  }
  return warning(
    `gateway.hostedZone isn't given, though Route 53 has ${zone.name} (${zone.id})`,
    `Give it in ${source}: hostedZone: { id: "${zone.id}", name: "${zone.name}" }`,
  );
}

/** Pulumi makes the record and doesn't take over one that is there. */
export function judgeRecord(
  host: string,
  records: readonly DnsRecord[],
  { source, up }: { readonly source: string; readonly up: boolean },
): Verdict {
  const taken = records.filter(({ type }) => type === "A" || type === "CNAME");
  if (taken.length === 0) return ok("free");
  const what = taken.map(({ type, values }) => `${type} ${values.join(" ")}`).join(", ");
  if (up) return ok(`${what}: the environment is up`);
  return failed(
    `there already: ${what}`,
    `Remove it, or give gateway.host of ${source} another name than ${host}`,
  );
}
