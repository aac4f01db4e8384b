import { type Check, check, failed, ok, type Verdict, warning } from "./check.ts";
import type { Subject } from "./subject.ts";

/** Instance types that stand in for each other, and the zones in which they are wanted. */
export interface Candidates {
  /** Node groups that have them. */
  readonly groups: readonly string[];
  readonly types: readonly string[];
  readonly zones: readonly string[];
}

/** One check for each set of instance types, whatever the ways in which it is bought. */
export function offeringChecks({ infrastructure, source }: Subject): Check[] {
  const sets = candidateSets(infrastructure.foundation.nodeGroups);
  const all = [...new Set(sets.flatMap(({ types }) => types))].sort();
  return sets.map((candidates) =>
    check({
      subject: `nodes ${candidates.groups[0]}`,
      would: `${candidates.types.join(", ")}: offered in ${candidates.zones.join(", ")}`,
      ask: (outside) => outside.offerings(all),
      judge: (offered) => judgeOfferings(candidates, offered, source),
    }),
  );
}

export function candidateSets(
  groups: readonly {
    readonly name: string;
    readonly instanceTypes: readonly string[];
    readonly launchTemplate: { readonly instanceType: string | undefined };
    readonly zones: readonly string[];
  }[],
): Candidates[] {
  const sets = new Map<string, Candidates>();
  for (const { instanceTypes, launchTemplate, name, zones } of groups) {
    const types = launchTemplate.instanceType === undefined ? instanceTypes : [launchTemplate.instanceType];
    const key = JSON.stringify([types, zones]);
    const known = sets.get(key);
    sets.set(key, { groups: [...(known?.groups ?? []), name], types, zones });
  }
  return [...sets.values()];
}

/**
 * EKS refuses a node group one of whose zones offers none of its types, by InvalidRequestException; a type that is offered
 * nowhere is one candidate less. Source: eksctl-io/eksctl issue 6461.
 */
export function judgeOfferings(
  { types, zones }: Pick<Candidates, "types" | "zones">,
  offered: ReadonlyMap<string, readonly string[]>,
  source: string,
): Verdict {
  const inZone = (type: string, zone: string) => offered.get(type)?.includes(zone) === true;
  const usable = types.filter((type) => zones.some((zone) => inZone(type, zone)));
  const missing = types.filter((type) => !usable.includes(type));
  const bare = zones.filter((zone) => !types.some((type) => inZone(type, zone)));
  const elsewhere = [...new Set(types.flatMap((type) => offered.get(type) ?? []))].sort();
  const remedy =
    elsewhere.length > 0
      ? `Name zones in network.zones of ${source} that offer it: ${elsewhere.join(", ")}`
      : `Leave its family out of capacity.families of ${source}, or its GPU out of capacity.gpus`;
  if (usable.length === 0) {
    return failed(`${types.join(", ")}: not offered in ${zones.join(", ")}`, remedy);
  }
  if (bare.length > 0) {
    return failed(
      `${usable.join(", ")}: not offered in ${bare.join(", ")}, for which EKS refuses the whole node group`,
      remedy,
    );
  }
  if (missing.length > 0) {
    return warning(
      `${missing.join(", ")}: not offered; ${usable.join(", ")} ${usable.length === 1 ? "is" : "are"}`,
    );
  }
  const everywhere = types.every((type) => zones.every((zone) => inZone(type, zone)));
  return ok(
    everywhere
      ? `${types.join(", ")}: offered in ${zones.join(", ")}`
      : `${types.join(", ")}: at least one is offered in each of ${zones.join(", ")}`,
  );
}
