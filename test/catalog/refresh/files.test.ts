import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import offerings from "../../../catalog/ec2/offerings.json" with { type: "json" };
import { onDemandPrices, spotPrices } from "../../../catalog/ec2/prices.ts";
import { offeringsText, pricesText } from "../../../catalog/refresh/files.ts";

const textOf = (name: string) => readFile(join(import.meta.dirname, "../../../catalog/ec2", name), "utf8");

test("a refresh that changes nothing writes the same bytes", async () => {
  expect(pricesText(onDemandPrices, spotPrices)).toBe(await textOf("prices.json"));
  expect(offeringsText(offerings)).toBe(await textOf("offerings.json"));
});
