import { type QuotaName, quotas } from "../../../catalog/quotas.ts";
import { renderTable } from "../../../report/table.ts";
import type { OfferedQuota } from "../../aws/offers.ts";
import { offeredQuotas, orderQuotas } from "../../aws/orders.ts";
import { exclusively } from "../exclusive.ts";
import { UsageError, unknown } from "../options.ts";
import { needAws } from "./home.ts";

/** `npm run aws -- quota`: lists the account's quotas, sets one, or gives back those of a new account. */
export async function quota({ json }: { json: boolean }, words: readonly string[]): Promise<number> {
  const aws = await needAws();
  if (words.length > 0) {
    await exclusively(
      "npm run aws -- quota",
      async () => orderQuotas(aws, changed(await offeredQuotas(aws), words)),
      "aws",
    );
  }
  const offered = await offeredQuotas(aws);
  console.log(json ? JSON.stringify(offered, null, 2) : renderQuotas(offered));
  return 0;
}

const keyOf = ({ code, service }: Pick<OfferedQuota, "code" | "service">): string => `${service}/${code}`;

const names = Object.keys(quotas).filter((name): name is QuotaName => Object.hasOwn(quotas, name));

/** The values by service and code after a change. @throws UsageError with what is allowed */
export function changed(offered: readonly OfferedQuota[], words: readonly string[]): Record<string, number> {
  const [command, given, text, ...more] = words;
  const usage = "npm run aws -- quota set QUOTA VALUE, or npm run aws -- quota reset";
  if (command === "reset" && given === undefined) return {};
  if (command !== "set" || given === undefined || text === undefined || more.length > 0) {
    throw new UsageError(`aws quota ${words.join(" ")}: not understood. Valid: ${usage}`);
  }
  const name = names.find(
    (each) => each === given || keyOf(quotas[each]) === given || quotas[each].code === given,
  );
  if (name === undefined) throw new UsageError(unknown(`aws quota: unknown quota ${given}`, given, names));
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || !/^\d+$/.test(text)) {
    throw new UsageError(`aws quota: the value ${text}: a whole number from 0 is needed`);
  }
  const values = offered.flatMap((each) =>
    each.value === undefined ? [] : [[keyOf(each), each.value] as const],
  );
  return { ...Object.fromEntries(values), [keyOf(quotas[name])]: value };
}

export function renderQuotas(offered: readonly OfferedQuota[]): string {
  const rows = names.map((name) => {
    const known = quotas[name];
    const value = offered.find((each) => keyOf(each) === keyOf(known))?.value;
    const usual = known.awsDefault;
    return [name, keyOf(known), known.name, `${value ?? ""}`, value === usual ? "" : `${usual}`];
  });
  const table = renderTable(["QUOTA", "CODE", "NAME", "VALUE", "OF A NEW ACCOUNT"], rows, {
    color: process.stdout.isTTY,
    numbers: [3, 4],
  });
  return `${table}\n\nSet one: npm run aws -- quota set onDemandG 0. The doctor reads them; what is requested is granted at once.`;
}
