import { blockEmptiedMinutes } from "../../catalog/eks.ts";
import type { Reservation } from "../outside.ts";
import { type Check, check, failed, ok, type Verdict, warning } from "./check.ts";
import { isUp, type Subject } from "./subject.ts";

/** What the description says of a reservation or block. */
export interface Reserved {
  readonly list: "reservations" | "capacityBlocks";
  readonly id: string;
  readonly instanceType: string;
  readonly count: number;
  readonly zone: string;
  /** ISO 8601; of a block. */
  readonly endsAt: string | undefined;
}

/** One check for each reservation and capacity block that the description names. */
export function reservationChecks(subject: Subject, now: () => Date): Check[] {
  const { reservations, capacityBlocks } = subject.spec.capacity;
  const all: readonly Reserved[] = [
    ...reservations.map((each) => ({ ...each, list: "reservations" as const, endsAt: undefined })),
    ...capacityBlocks.map((each) => ({ ...each, list: "capacityBlocks" as const })),
  ];
  return all.map((wanted) =>
    check({
      subject: `${wanted.list === "reservations" ? "reservation" : "capacity block"} ${wanted.id}`,
      would: `active, ${wanted.count} x ${wanted.instanceType} free in ${wanted.zone}${
        wanted.endsAt === undefined ? "" : `, until ${wanted.endsAt}`
      }`,
      ask: async (outside) => ({
        found: await outside.reservation(wanted.id),
        up: await isUp(subject, outside),
      }),
      judge: ({ found, up }) =>
        judgeReservation(wanted, found, {
          up,
          now: now(),
          source: subject.source,
          region: subject.infrastructure.region,
        }),
    }),
  );
}

/** Everything that is wrong with it at once. */
export function judgeReservation(
  wanted: Reserved,
  found: Reservation | undefined,
  context: { readonly up: boolean; readonly now: Date; readonly source: string; readonly region: string },
): Verdict {
  const { now, region, source, up } = context;
  const remedy = `Correct capacity.${wanted.list} of ${source}, or reserve what it says`;
  if (found === undefined) return failed(`the account has no such reservation in ${region}`, remedy);
  const wrong = [
    ...kindFaults(wanted, found),
    ...contentFaults(wanted, found, up),
    ...timeFaults(found, now),
  ];
  if (wrong.length > 0) return failed(wrong.join("; "), remedy);
  const notes = dateNotes(wanted, found);
  if (notes.length > 0)
    return warning(notes.join("; "), `Set endsAt in capacity.${wanted.list} of ${source}`);
  const what = `${found.available} of ${found.total} x ${found.instanceType} free in ${found.zone}`;
  if (found.state !== "active")
    return warning(`${found.state}: starts ${found.startsAt ?? "later"}; ${what}`);
  const end = found.endsAt === undefined ? "" : `, until ${found.endsAt}`;
  return ok(`${what}${end}`);
}

function kindFaults({ list }: Reserved, { capacityBlock, platform, state, tenancy }: Reservation): string[] {
  const usable = capacityBlock ? ["active", "scheduled"] : ["active"];
  return [
    ...(capacityBlock && list === "reservations"
      ? ["is a capacity block: list it in capacity.capacityBlocks"]
      : []),
    ...(!capacityBlock && list === "capacityBlocks"
      ? ["is no capacity block: list it in capacity.reservations"]
      : []),
    ...(usable.includes(state) ? [] : [`is ${state}`]),
    ...(tenancy === "default" ? [] : [`has ${tenancy} tenancy, and nodes have default tenancy`]),
    ...(platform.startsWith("Linux") ? [] : [`is for ${platform}, and nodes run Linux`]),
  ];
}

function contentFaults(wanted: Reserved, found: Reservation, up: boolean): string[] {
  const { available, instanceType, total, zone } = found;
  return [
    ...(instanceType === wanted.instanceType ? [] : [`holds ${instanceType}, not ${wanted.instanceType}`]),
    ...(zone === wanted.zone ? [] : [`is in ${zone}, not ${wanted.zone}`]),
    ...(total >= wanted.count ? [] : [`holds ${total} instances, not ${wanted.count}`]),
    // What runs in it is this environment's own, once that is up.
    ...(up || total < wanted.count || available >= wanted.count
      ? []
      : [`has ${available} of ${total} instances free, not ${wanted.count}`]),
  ];
}

function timeFaults({ capacityBlock, endsAt, state }: Reservation, now: Date): string[] {
  if (endsAt === undefined || state !== "active") return [];
  const minutesLeft = (Date.parse(endsAt) - now.getTime()) / 60_000;
  if (minutesLeft <= 0) return [`ended ${endsAt}`];
  return capacityBlock && minutesLeft <= blockEmptiedMinutes
    ? [`ends ${endsAt}, and nodes leave it ${blockEmptiedMinutes} minutes before`]
    : [];
}

function dateNotes({ endsAt: wanted }: Reserved, { endsAt: found }: Reservation): string[] {
  if (wanted === undefined || found === undefined || Date.parse(wanted) === Date.parse(found)) return [];
  return [`ends ${found}, not ${wanted}`];
}
