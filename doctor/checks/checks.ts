import { accountCheck } from "./account.ts";
import { bucketChecks } from "./buckets.ts";
import { certificateChecks } from "./certificate.ts";
import type { Check } from "./check.ts";
import { kubernetesChecks } from "./kubernetes.ts";
import { offeringChecks } from "./offerings.ts";
import { quotaChecks } from "./quotas.ts";
import { regionChecks } from "./region.ts";
import { reservationChecks } from "./reservations.ts";
import type { Subject } from "./subject.ts";
import { zoneChecks } from "./zone.ts";

/** Everything that can be asked before anything is created, in the order in which it would go wrong. */
export function planChecks(subject: Subject, now: () => Date): Check[] {
  return [
    accountCheck(subject),
    ...regionChecks(subject),
    ...quotaChecks(subject),
    ...offeringChecks(subject),
    ...reservationChecks(subject, now),
    ...kubernetesChecks(subject),
    ...zoneChecks(subject),
    ...certificateChecks(subject, now),
    ...bucketChecks(subject),
  ];
}
