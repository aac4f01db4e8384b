import { renderTable } from "../../../report/table.ts";
import { type Fault, orderedFaults, orderFaults } from "../../aws/orders.ts";
import { awsPackages } from "../../aws/packages.ts";
import { silent } from "../../lib/progress.ts";
import { exclusively } from "../exclusive.ts";
import { UsageError } from "../options.ts";
import { awsApi } from "./api.ts";
import { describeFault, type FaultOptions, kinds, parseFault } from "./faults.ts";
import { needAws, regions } from "./home.ts";

/** `npm run aws -- fault`: lists what is to fail, adds to it, or takes it away. */
export async function fault(
  { json, ...options }: FaultOptions & { json: boolean },
  words: readonly string[],
): Promise<number> {
  const aws = await needAws();
  if (words.length > 0) {
    await exclusively(
      "npm run aws -- fault",
      async () => orderFaults(aws, await changed(await orderedFaults(aws), options, words)),
      "aws",
    );
  }
  const faults = await orderedFaults(aws);
  console.log(json ? JSON.stringify(faults, null, 2) : renderFaults(faults));
  return 0;
}

async function changed(
  faults: readonly Fault[],
  options: FaultOptions,
  words: readonly string[],
): Promise<Fault[]> {
  const [name, ...rest] = words;
  if (name === "clear") return cleared(faults, rest);
  const api = awsApi(await awsPackages(silent));
  return [...faults, await parseFault(words, options, api, regions())];
}

/** @param numbers of the faults that go, as they are listed; none means all */
export function cleared(faults: readonly Fault[], numbers: readonly string[]): Fault[] {
  for (const given of numbers) {
    const known = faults.some((_, index) => `${index + 1}` === given);
    if (!known) {
      const valid =
        faults.length === 0 ? "nothing is ordered" : `a number from 1 to ${faults.length} is needed`;
      throw new UsageError(`aws fault clear ${given}: ${valid}`);
    }
  }
  return numbers.length === 0 ? [] : faults.filter((_, index) => !numbers.includes(`${index + 1}`));
}

export function renderFaults(faults: readonly Fault[]): string {
  const orders = Object.entries(kinds).map(([name, { summary, words }]) => [
    `npm run aws -- fault ${name} ${words.join(" ")}`,
    summary,
  ]);
  const width = Math.max(...orders.map(([call = ""]) => call.length));
  const help = [
    "Order:",
    ...orders.map(([call = "", summary]) => `  ${call.padEnd(width)}  ${summary}`),
  ].join("\n");
  if (faults.length === 0) return `Nothing is to fail.\n\n${help}`;
  const rows = faults.map((each, index) => [`${index + 1}`, describeFault(each)]);
  const table = renderTable(["", "WHAT FAILS"], rows, { color: process.stdout.isTTY, numbers: [0] });
  return `${table}\n\nTake away: npm run aws -- fault clear [NUMBER...]`;
}
