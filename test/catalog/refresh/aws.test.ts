import { createServer, type Server } from "node:http";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { awsSource, NoCredentials, quotesOf } from "../../../catalog/refresh/aws.ts";
import { listen } from "../../support/loopback.ts";

/** One product as the Price List API describes it, without what nobody reads. */
const product = (instanceType: string, usd: string, unit = "Hrs") =>
  JSON.stringify({
    serviceCode: "AmazonEC2",
    product: { attributes: { instanceType, operatingSystem: "Linux" } },
    terms: {
      OnDemand: { "A.B": { priceDimensions: { "A.B.C": { unit, pricePerUnit: { USD: usd } } } } },
      Reserved: {},
    },
  });

const offering = (type: string) =>
  `<item><instanceType>${type}</instanceType><locationType>region</locationType></item>`;
const spot = (type: string, price: string, zone: string) =>
  `<item><instanceType>${type}</instanceType><spotPrice>${price}</spotPrice><availabilityZone>${zone}</availabilityZone></item>`;

/** What was asked, decoded. */
let asked: string[];
let server: Server;

/** Answers as the two services do, each in two pages. */
function answer(body: string): { type: string; text: string } {
  const json = (value: unknown) => ({ type: "application/x-amz-json-1.1", text: JSON.stringify(value) });
  const xml = (action: string, inner: string) => ({
    type: "text/xml",
    text: `<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">${inner}</${action}Response>`,
  });
  const second = body.includes("NextToken");
  if (body.startsWith("{")) {
    return second
      ? json({ FormatVersion: "aws_v1", PriceList: [product("m7i.large", "0.1008000000")] })
      : json({
          FormatVersion: "aws_v1",
          NextToken: "more",
          PriceList: [product("g6.xlarge", "0.8048000000")],
        });
  }
  if (body.includes("DescribeSpotPriceHistory")) {
    const items = second ? spot("g6.xlarge", "0.4300", "b") : spot("g6.xlarge", "0.4100", "a");
    return xml(
      "DescribeSpotPriceHistory",
      `<spotPriceHistorySet>${items}</spotPriceHistorySet><nextToken>${second ? "" : "more"}</nextToken>`,
    );
  }
  const items = second ? offering("m7i.large") : offering("g6.xlarge");
  return xml(
    "DescribeInstanceTypeOfferings",
    `<instanceTypeOfferingSet>${items}</instanceTypeOfferingSet>${second ? "" : "<nextToken>more</nextToken>"}`,
  );
}

beforeEach(async () => {
  asked = [];
  server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    asked.push(decodeURIComponent(body));
    const { type, text } = answer(body);
    response.setHeader("content-type", type).end(text);
  });
  vi.stubEnv("AWS_ENDPOINT_URL", `http://127.0.0.1:${await listen(server)}`);
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await new Promise((closed) => server.close(closed));
});

test("list prices are read page by page, for Linux on shared hardware in the region", async () => {
  const quotes = await (await awsSource()).onDemand("eu-central-1");
  expect(quotes).toEqual([
    { type: "g6.xlarge", amount: 0.8048, unit: "Hrs", currency: "USD" },
    { type: "m7i.large", amount: 0.1008, unit: "Hrs", currency: "USD" },
  ]);
  expect(asked).toHaveLength(2);
  const { Filters } = JSON.parse(asked[0] ?? "");
  expect(Filters).toContainEqual({ Type: "TERM_MATCH", Field: "regionCode", Value: "eu-central-1" });
  expect(Filters).toContainEqual({ Type: "TERM_MATCH", Field: "tenancy", Value: "Shared" });
});

test("spot prices are read for every zone and all pages", async () => {
  const quotes = await (await awsSource()).spot("us-east-1", ["g6.xlarge"]);
  expect(quotes.map(({ amount }) => amount)).toEqual([0.41, 0.43]);
  expect(asked[0]).toContain("Filter.1.Value.1=g6.xlarge");
});

test("offerings are read from all pages", async () => {
  expect(await (await awsSource()).offerings("us-east-1")).toEqual(["g6.xlarge", "m7i.large"]);
});

test("without credentials it says so", async () => {
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) vi.stubEnv(name, "");
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  vi.stubEnv("AWS_CONFIG_FILE", "/dev/null");
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
  await expect(awsSource()).rejects.toThrow(NoCredentials);
});

test("a product in another form than documented is an error, one without an on-demand term no price", () => {
  expect(() => quotesOf('{"product":{}}')).toThrow();
  expect(quotesOf('{"product":{"attributes":{"instanceType":"p5e.48xlarge"}},"terms":{}}')).toEqual([]);
});
