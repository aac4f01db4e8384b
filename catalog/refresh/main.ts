import { parseArgs } from "node:util";
import { instanceTypes, regions as knownRegions } from "../ec2/instances.ts";
import offerings from "../ec2/offerings.json" with { type: "json" };
import { onDemandPrices, spotPrices } from "../ec2/prices.ts";
import { actions, awsSource, NoCredentials } from "./aws.ts";
import { writeData } from "./files.ts";
import { refresh } from "./refresh.ts";

const usage = `Renews EC2's prices and offerings in the catalog from AWS's APIs.

  npm run catalog:refresh -- [--write] [--region REGION]...

  --write          write catalog/ec2; without it the differences are only shown
  --region REGION  only this region; may be repeated. Default: all that the catalog has a price list for
`;

/** The program; gives its exit code. */
async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      write: { type: "boolean", default: false },
      region: { type: "string", multiple: true },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const regions = values.region ?? Object.keys(onDemandPrices);
  const unknown = regions.filter((region) => !knownRegions.includes(region));
  if (unknown.length > 0) {
    return failed([`unknown region ${unknown.join(", ")}; the catalog knows ${knownRegions.join(", ")}`]);
  }
  const { data, report, problems } = await refresh(
    { onDemand: onDemandPrices, spot: spotPrices, offerings },
    await awsSource(),
    instanceTypes.map(({ name }) => name),
    regions,
    new Date().toISOString().slice(0, 10),
  );
  process.stdout.write(`${report.length === 0 ? "nothing has changed" : report.join("\n")}\n`);
  if (problems.length > 0) return failed([...problems, "nothing was written"]);
  if (values.write) await writeData(data);
  process.stdout.write(values.write ? "catalog/ec2 is written\n" : "nothing was written: add --write\n");
  return 0;
}

function failed(lines: readonly string[]): number {
  process.stderr.write(`${lines.map((line) => `error: ${line}`).join("\n")}\n`);
  return 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Error)) throw error;
  process.exitCode = failed([
    error instanceof NoCredentials
      ? `${error.message}: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, with rights to ${actions.join(", ")}`
      : error.message,
  ]);
}
