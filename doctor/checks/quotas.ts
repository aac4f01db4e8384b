import { type Quota, quotaRegion, quotas } from "../../catalog/quotas.ts";
import type { QuotaNeed } from "../../planning/infrastructure.ts";
import { type Failure, Unanswered } from "../failure.ts";
import { reason, remedyOf } from "../failureText.ts";
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
  /** Why what is in use couldn't be asked. */
  readonly unknown: Failure | undefined;
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
      const up = await isUp(subject, outside);
      if (value === undefined || !shared) return { value, inUse: undefined, unknown: undefined, up };
      return { value, up, ...(await usage(() => outside.inUse(code, value, region))) };
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

/** A limit that is too low is worth telling, whatever is in use. */
async function usage(
  ask: () => Promise<number | undefined>,
): Promise<Pick<QuotaAnswer, "inUse" | "unknown">> {
  try {
    return { inUse: await ask(), unknown: undefined };
  } catch (error) {
    if (error instanceof Unanswered) return { inUse: undefined, unknown: error.failure };
    throw error;
  }
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
  { inUse, unknown, up, value }: QuotaAnswer,
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
  const need = `${planned} needed, ${largest} at its largest`;
  if (unknown !== undefined) {
    return warning(`${have}; ${need}; what is in use isn't known: ${reason(unknown)}`, ...remedyOf(unknown));
  }
  return ok(`${have}; ${need}`);
}
