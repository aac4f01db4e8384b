import { zoneIdsWithoutEks } from "../../catalog/eks.ts";
import { homeRegion } from "../../catalog/partitions.ts";
import type { Zone } from "../outside.ts";
import { type Check, check, failed, ok, type Verdict, warning } from "./check.ts";
import { awsCommand, type Subject } from "./subject.ts";

/** The regions that the plan uses, and the zones of its network. */
export function regionChecks(subject: Subject): Check[] {
  const { infrastructure } = subject;
  const replica = infrastructure.data.replication?.region;
  const regions = [infrastructure.region, ...(replica === undefined ? [] : [replica])];
  const zones = infrastructure.network.zones;
  return [
    ...regions.map((region) =>
      check({
        subject: `region ${region}`,
        would: "the account may use it",
        ask: (outside) => outside.optInStatus(region),
        judge: (status) =>
          judgeRegion(
            status,
            awsCommand(subject, ["account", "enable-region", "--region-name", region], homeRegion(region)),
          ),
      }),
    ),
    check({
      subject: "zones",
      would: `${zones.join(", ")} are there, and EKS is in them`,
      ask: (outside) => outside.zones(),
      judge: (known) => judgeZones(zones, known, subject.source),
    }),
  ];
}

export function judgeRegion(status: string | undefined, command: string): Verdict {
  if (status === "not-opted-in") return failed("the account hasn't opted in to it", command);
  if (status === undefined) return failed("EC2 knows no such region");
  return ok(status === "opted-in" ? "the account has opted in to it" : "open to every account");
}

export function judgeZones(
  wanted: readonly string[],
  known: ReadonlyMap<string, Zone>,
  source: string,
): Verdict {
  const usable = [...known]
    .filter(([, { id, state }]) => state === "available" && !zoneIdsWithoutEks.includes(id))
    .map(([name]) => name);
  const remedy = `Name others in network.zones of ${source}: ${usable.join(", ")}`;
  const missing = wanted.filter((zone) => !known.has(zone));
  if (missing.length > 0) return failed(`the account has no ${missing.join(", ")}`, remedy);
  const without = wanted.filter((zone) => zoneIdsWithoutEks.includes(known.get(zone)?.id ?? ""));
  if (without.length > 0) {
    const ids = without.map((zone) => `${zone} (${known.get(zone)?.id})`).join(", ");
    return failed(`EKS makes no cluster with subnets in ${ids}`, remedy);
  }
  const ill = wanted.filter((zone) => known.get(zone)?.state !== "available");
  if (ill.length > 0) {
    return warning(`${ill.map((zone) => `${zone} is ${known.get(zone)?.state}`).join(", ")}`, remedy);
  }
  return ok(wanted.map((zone) => `${zone} (${known.get(zone)?.id})`).join(", "));
}
