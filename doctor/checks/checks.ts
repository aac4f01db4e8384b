import { accountCheck } from "./account.ts";
import { bucketChecks } from "./buckets.ts";
import type { Check } from "./check.ts";
import { hostChecks } from "./host.ts";
import { kubernetesChecks } from "./kubernetes.ts";
import { offeringChecks } from "./offerings.ts";
import { quotaChecks } from "./quotas.ts";
import { regionChecks } from "./region.ts";
import { reservationChecks } from "./reservations.ts";
import type { Subject } from "./subject.ts";

/** Everything that can be asked before anything is created, in the order in which it would go wrong. */
export function planChecks(subject: Subject, now: () => Date): Check[] {
  return [
    accountCheck(subject),
    ...regionChecks(subject),
    ...quotaChecks(subject),
    ...offeringChecks(subject),
    ...reservationChecks(subject, now),
    ...kubernetesChecks(subject),
    ...hostChecks(subject),
    ...bucketChecks(subject),
  ];
}
