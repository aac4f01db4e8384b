import { type Quota, quotaRegion, quotas } from "../../catalog/quotas.ts";
import type { QuotaNeed } from "../../planning/infrastructure.ts";
import type { QuotaValue } from "../outside.ts";
import { type Check, check, failed, ok, type Verdict, warning } from "./check.ts";
import { awsCommand, isUp, type Subject } from "./subject.ts";

/** One check for each quota that the plan takes something of. */
export function quotaChecks(subject: Subject): Check[] {
  return subject.infrastructure.quotas.map((need) => quotaCheck(need, subject));
}

/** What is known of a quota in the account. */
export interface QuotaAnswer {
  /** Undefined where Service Quotas doesn't know it. */
  readonly value: QuotaValue | undefined;
  /** What is in use in the account; undefined where AWS doesn't say, or where it counts nothing of this environment. */
  readonly inUse: number | undefined;
  /** Whether the environment is up, and its own part of what is in use. */
  readonly up: boolean;
}

const known: readonly Quota[] = Object.values(quotas);

function quotaCheck(need: QuotaNeed, subject: Subject): Check {
  const { awsDefault, code, largest, name, planned, service } = need;
  const quota = known.find((each) => each.service === service && each.code === code);
  const region = quotaRegion(service, subject.infrastructure.region);
  // What is counted within a cluster, a group, a VPC or a zone begins at nothing.
  const shared = quota?.per === "account" || quota?.per === "region";
  const unit = quota === undefined || quota.unit === "count" ? "" : ` ${quota.unit}`;
  return check({
    subject: `quota ${service}/${code}`,
    would: `${name}: at least ${planned}${unit}, ${largest} at its largest${
      awsDefault === undefined ? "" : `; a new account has ${awsDefault}`
    }`,
    ask: async (outside): Promise<QuotaAnswer> => {
      const value = await outside.quota(service, code, region);
      const inUse = value && shared ? await outside.inUse(code, value, region) : undefined;
      return { value, inUse, up: await isUp(subject, outside) };
    },
    judge: (answer) =>
      judgeQuota({ ...need, unit }, answer, (desired) =>
        awsCommand(
          subject,
          [
            "service-quotas",
            "request-service-quota-increase",
            ...["--service-code", service, "--quota-code", code, "--desired-value", String(desired)],
          ],
          region,
        ),
      ),
  });
}

/**
 * What is in use counts against the need of an environment that is still to come. One that is up has its need among what
 * is in use, so that only the limit is compared.
 * @param raise the command that asks AWS for a limit
 */
export function judgeQuota(
  {
    largest,
    name,
    planned,
    unit,
  }: Pick<QuotaNeed, "largest" | "name" | "planned"> & { readonly unit: string },
  { inUse, up, value }: QuotaAnswer,
  raise: (desired: number) => string,
): Verdict {
  if (value === undefined) return warning(`${name}: Service Quotas doesn't know it`);
  const taken = up ? 0 : (inUse ?? 0);
  const free = value.limit - taken;
  const used = inUse === undefined ? "" : `, ${inUse} in use${up ? " with this environment's own" : ""}`;
  const have = `${name}: ${value.limit}${unit}${used}`;
  const remedy = raise(Math.ceil(taken + largest));
  if (free < planned) return failed(`${have}; ${planned} needed, ${largest} at its largest`, remedy);
  if (free < largest) {
    return warning(
      planned === 0
        ? `${have}; none needed, but ${largest} to fall back to`
        : `${have}; enough for the ${planned} needed, not for ${largest} at its largest`,
      remedy,
    );
  }
  return ok(`${have}; ${planned} needed, ${largest} at its largest`);
}
