import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PriceLists } from "../ec2/prices.ts";
import type { Offerings, Refreshable } from "./refresh.ts";

const folder = join(import.meta.dirname, "..", "ec2");

/** Writes the catalog's files of prices and offerings. */
export async function writeData({ onDemand, spot, offerings }: Refreshable): Promise<void> {
  await writeFile(join(folder, "prices.json"), pricesText(onDemand, spot));
  await writeFile(join(folder, "offerings.json"), offeringsText(offerings));
}

/** One price a line, so that a diff reads as what has changed. */
export function pricesText(onDemand: PriceLists, spot: PriceLists): string {
  return text({ onDemand, spot });
}

/** One instance type a line. */
export function offeringsText(offerings: Offerings): string {
  return text(offerings);
}

function text(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
