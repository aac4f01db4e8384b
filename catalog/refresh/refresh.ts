import type { PriceList, PriceLists } from "../ec2/prices.ts";
import { type Change, changesBetween, changesTitle, changeText } from "./changes.ts";
import { changeProblems, lossProblem, quoteProblem } from "./nonsense.ts";
import type { PriceSource, Quote } from "./source.ts";

/** Regions of each instance type, separated by spaces. */
export interface Offerings {
  readonly source: string;
  readonly date: string;
  readonly regions: Readonly<Record<string, string>>;
}

/** What of the catalog is refreshed. */
export interface Refreshable {
  readonly onDemand: PriceLists;
  readonly spot: PriceLists;
  readonly offerings: Offerings;
}

export interface Refreshed {
  readonly data: Refreshable;
  /** For a person, line by line. */
  readonly report: readonly string[];
  /** Why the new data must not be written; empty where it may. */
  readonly problems: readonly string[];
}

/**
 * Reads prices and offerings anew and compares them with the catalog's. Nothing is written here.
 * @param types the catalog's instance types, in its order; others are ignored
 * @param regions whose lists are renewed; the others stay as they are
 * @param today ISO date
 */
export async function refresh(
  current: Refreshable,
  source: PriceSource,
  types: readonly string[],
  regions: readonly string[],
  today: string,
): Promise<Refreshed> {
  const report: string[] = [];
  const problems: string[] = [];
  const onDemand: Record<string, PriceList> = { ...current.onDemand };
  const spot: Record<string, PriceList> = { ...current.spot };
  const offered = new Map<string, ReadonlySet<string>>();

  const renew = (
    lists: Record<string, PriceList>,
    name: string,
    region: string,
    quotes: readonly Quote[],
  ) => {
    const list = `${region} ${name === source.names.spot ? "spot" : "on-demand"}`;
    const faults = quotes.flatMap((quote) => quoteProblem(list, quote) ?? []);
    problems.push(...faults);
    const before = lists[region]?.usdPerHour ?? {};
    const after = pricesOf(types, quotes);
    const changes = changesBetween(before, after);
    // A fault in the quotes says more than what follows from it.
    if (faults.length === 0) problems.push(...changeProblems(list, Object.keys(before).length, changes));
    report.push(...section(list, changes));
    lists[region] = { source: name, date: today, usdPerHour: after };
  };

  for (const region of regions) {
    const known = (quote: Quote) => types.includes(quote.type);
    renew(onDemand, source.names.onDemand, region, (await source.onDemand(region)).filter(known));
    renew(spot, source.names.spot, region, (await source.spot(region, types)).filter(known));
    offered.set(region, new Set(await source.offerings(region)));
  }

  const before = current.offerings.regions;
  const after = Object.fromEntries(types.map((type) => [type, mergedRegions(before[type], offered, type)]));
  for (const region of regions) {
    const had = types.filter((type) => regionsIn(before[type]).includes(region));
    const has = types.filter((type) => regionsIn(after[type]).includes(region));
    const gone = had.filter((type) => !has.includes(type));
    problems.push(...lossProblem(`${region} offerings`, had.length, gone));
    report.push(...gone.map((type) => `- ${type} is no longer offered in ${region}`));
    report.push(
      ...has.filter((type) => !had.includes(type)).map((type) => `+ ${type} is offered in ${region}`),
    );
  }
  const offerings = { source: source.names.offerings, date: today, regions: after };
  return { data: { onDemand, spot, offerings }, report, problems };
}

/** One price for each type, the median where there are several, in the catalog's order. */
function pricesOf(types: readonly string[], quotes: readonly Quote[]): Record<string, number> {
  return Object.fromEntries(
    types.flatMap((type) => {
      const amounts = quotes
        .filter((quote) => quote.type === type)
        .map(({ amount }) => amount)
        .sort((a, b) => a - b);
      const median = amounts[Math.floor((amounts.length - 1) / 2)];
      return median === undefined ? [] : [[type, median]];
    }),
  );
}

function mergedRegions(
  before: string | undefined,
  offered: ReadonlyMap<string, ReadonlySet<string>>,
  type: string,
): string {
  const kept = regionsIn(before).filter((region) => !offered.has(region));
  const read = [...offered].flatMap(([region, names]) => (names.has(type) ? [region] : []));
  return [...kept, ...read].sort().join(" ");
}

function regionsIn(text: string | undefined): readonly string[] {
  return text?.split(" ").filter((region) => region !== "") ?? [];
}

function section(list: string, changes: readonly Change[]): readonly string[] {
  return changes.length === 0 ? [] : [changesTitle(list, changes), ...changes.map(changeText)];
}
