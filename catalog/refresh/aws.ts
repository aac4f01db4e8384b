import {
  DescribeSpotPriceHistoryCommand,
  EC2Client,
  paginateDescribeInstanceTypeOfferings,
} from "@aws-sdk/client-ec2";
import { PricingClient, paginateGetProducts } from "@aws-sdk/client-pricing";
import { z } from "zod";
import type { PriceSource, Quote } from "./source.ts";

/** What a refresh needs of IAM. */
export const actions = [
  "pricing:GetProducts",
  "ec2:DescribeSpotPriceHistory",
  "ec2:DescribeInstanceTypeOfferings",
];

/** The AWS SDK found no credentials in any of the places where it looks. */
export class NoCredentials extends Error {
  override readonly name = "NoCredentials";
}

/** The Price List API lives in a few regions only and answers for all. */
const pricingRegion = "us-east-1";

/** Most types that are asked for at once, so that one answer has them all. */
const spotBatch = 100;

/** One product of the Price List API, as far as it matters here. */
const product = z.object({
  product: z.object({ attributes: z.object({ instanceType: z.string() }) }),
  terms: z.object({
    OnDemand: z
      .record(
        z.string(),
        z.object({
          priceDimensions: z.record(
            z.string(),
            z.object({ unit: z.string(), pricePerUnit: z.record(z.string(), z.string()) }),
          ),
        }),
      )
      .default({}),
  }),
});

/**
 * AWS's own APIs. Endpoints and credentials are found as the AWS SDK finds them: environment, profile, SSO.
 * @throws NoCredentials
 */
export async function awsSource(): Promise<PriceSource> {
  // The SDK's farewell to Node.js 20 would stand before every report; the lock file decides which SDK runs.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  const pricing = new PricingClient({ region: pricingRegion });
  try {
    await pricing.config.credentials();
  } catch (cause) {
    throw new NoCredentials("no AWS credentials", { cause });
  }
  return {
    names: {
      onDemand: "AWS Price List API, GetProducts",
      spot: "EC2 DescribeSpotPriceHistory, median over the zones",
      offerings: "EC2 DescribeInstanceTypeOfferings",
    },
    onDemand: (region) => onDemand(pricing, region),
    spot: (region, types) => spot(new EC2Client({ region }), types),
    offerings: (region) => offerings(new EC2Client({ region })),
  };
}

async function onDemand(client: PricingClient, region: string): Promise<readonly Quote[]> {
  const filters = {
    regionCode: region,
    operatingSystem: "Linux",
    tenancy: "Shared",
    preInstalledSw: "NA",
    capacitystatus: "Used",
    marketoption: "OnDemand",
  };
  const quotes: Quote[] = [];
  const pages = paginateGetProducts(
    { client },
    {
      ServiceCode: "AmazonEC2",
      Filters: Object.entries(filters).map(([Field, Value]) => ({ Type: "TERM_MATCH", Field, Value })),
    },
  );
  for await (const { PriceList } of pages) {
    // The SDK's strings of JSON are objects of its own.
    const items: readonly unknown[] = Array.isArray(PriceList) ? PriceList : [];
    quotes.push(...items.flatMap((item) => quotesOf(String(item))));
  }
  return quotes;
}

/** Prices in one product's JSON. @throws ZodError when it has another form than documented */
export function quotesOf(json: string): readonly Quote[] {
  const { product: described, terms } = product.parse(JSON.parse(json));
  const type = described.attributes.instanceType;
  return Object.values(terms.OnDemand)
    .flatMap(({ priceDimensions }) => Object.values(priceDimensions))
    .flatMap(({ unit, pricePerUnit }) =>
      Object.entries(pricePerUnit).map(([currency, amount]) => ({
        type,
        amount: Number(amount),
        unit,
        currency,
      })),
    );
}

async function spot(client: EC2Client, types: readonly string[]): Promise<readonly Quote[]> {
  const now = new Date();
  const quotes: Quote[] = [];
  for (let from = 0; from < types.length; from += spotBatch) {
    const batch = new Set(types.slice(from, from + spotBatch));
    let NextToken: string | undefined;
    do {
      const answer = await client.send(
        new DescribeSpotPriceHistoryCommand({
          // Only the price in force: what has changed since this moment, and the one before.
          StartTime: now,
          ProductDescriptions: ["Linux/UNIX"],
          Filters: [{ Name: "instance-type", Values: [...batch] }],
          NextToken,
        }),
      );
      for (const { InstanceType, SpotPrice } of answer.SpotPriceHistory ?? []) {
        if (InstanceType === undefined || SpotPrice === undefined) continue;
        // EC2 documents that spot prices are in US dollars an hour.
        quotes.push({ type: InstanceType, amount: Number(SpotPrice), unit: "Hrs", currency: "USD" });
      }
      NextToken = answer.NextToken || undefined;
    } while (NextToken !== undefined);
  }
  return quotes;
}

async function offerings(client: EC2Client): Promise<readonly string[]> {
  const names: string[] = [];
  const pages = paginateDescribeInstanceTypeOfferings({ client }, { LocationType: "region" });
  for await (const { InstanceTypeOfferings = [] } of pages) {
    names.push(...InstanceTypeOfferings.flatMap(({ InstanceType }) => InstanceType ?? []));
  }
  return names;
}
