import type { Certificate, DnsRecord, Outside } from "../outside.ts";
import { type Check, check, failed, ok, type Verdict, warning } from "./check.ts";
import type { Subject } from "./subject.ts";
import { zoneNames } from "./zone.ts";

/** What TLS ends with: a certificate that ACM is to issue, or one that is there. None where no load balancer is planned. */
export function certificateChecks({ infrastructure, source, spec }: Subject, now: () => Date): Check[] {
  const { host, hostedZone } = spec.gateway;
  const certificate = infrastructure.edge?.certificate;
  if (certificate === undefined) return [];
  const subject = `certificate of ${host}`;
  if (certificate.kind === "given") {
    const { arn } = certificate;
    return [
      check({
        subject,
        would: `${arn} is issued, for ${host}`,
        ask: (outside) => outside.certificate(arn),
        judge: (found) => judgeGiven(host, found, { source, now: now() }),
      }),
    ];
  }
  const { zoneId } = certificate;
  const names = zoneNames(host).filter((name) => hostedZone === undefined || within(name, hostedZone.name));
  return [
    check({
      subject,
      would: "no CAA record keeps ACM from issuing one",
      ask: (outside) => caaRecords(outside, zoneId, names),
      judge: judgeIssuing,
    }),
  ];
}

const within = (name: string, zone: string) => name === zone || name.endsWith(`.${zone}`);

/** CAA records of the nearest name in the zone that has any, as authorities look them up (RFC 8659). */
async function caaRecords(
  outside: Outside,
  zoneId: string,
  names: readonly string[],
): Promise<readonly DnsRecord[]> {
  for (const name of names) {
    const found = (await outside.records(zoneId, name)).filter(({ type }) => type === "CAA");
    if (found.length > 0) return found;
  }
  return [];
}

/** Values of CAA records that let ACM issue. Source: ACM user guide, "(Optional) Configure a CAA record". */
const amazonAuthorities = ["amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"];

export function judgeIssuing(caa: readonly DnsRecord[]): Verdict {
  const issuers = caa
    .flatMap(({ values }) => values)
    .flatMap((value) => /^\d+\s+issue\s+"?([^";\s]*)/.exec(value)?.[1] ?? []);
  if (issuers.length === 0) return ok("no CAA record stands in ACM's way");
  const names = issuers.map((name) => name || "nobody").join(", ");
  return issuers.some((name) => amazonAuthorities.includes(name))
    ? ok(`CAA records allow ${names}`)
    : failed(`CAA records allow ${names} only, not ACM`, `Add a CAA record 0 issue "amazon.com"`);
}

/** Days before its end at which an imported certificate, which nobody renews by itself, is worth a word. */
const warnDays = 30;

export function judgeGiven(
  host: string,
  found: Certificate | undefined,
  { now, source }: { readonly source: string; readonly now: Date },
): Verdict {
  const remedy = `Correct gateway.certificateArn of ${source}, or leave it out where gateway.hostedZone is given`;
  if (found === undefined) return failed("ACM has no such certificate in this account and region", remedy);
  const { endsAt, imported, names, status } = found;
  if (status !== "ISSUED") return failed(`it is ${status}`, remedy);
  if (!names.some((name) => covers(name, host))) return failed(`it is for ${names.join(", ")}`, remedy);
  const days = endsAt === undefined ? warnDays : (Date.parse(endsAt) - now.getTime()) / 86_400_000;
  if (imported && days < warnDays) return warning(`it ends ${endsAt}, and ACM renews no imported one`);
  return ok(`issued, for ${names.join(", ")}`);
}

/** A wildcard stands for one label. */
function covers(name: string, host: string): boolean {
  return name === host || (name.startsWith("*.") && host.slice(host.indexOf(".")) === name.slice(1));
}
