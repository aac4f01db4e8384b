import { join } from "node:path";
import { environments, type PlatformSpec } from "../../../spec/platform.ts";
import { describeEnvironment } from "../../../stacks/environments.ts";
import { findAws, type SimulatedAws } from "../../aws/server.ts";
import { UserError } from "../../lib/fail.ts";
import { repoRoot, stateDir } from "../../lib/paths.ts";
import { UsageError, unknown } from "../options.ts";

/** Where the simulated AWS of the command line keeps everything. */
export const awsFolder = join(stateDir, "aws");

/** A description that is in AWS. */
type InAws = Extract<PlatformSpec, { readonly environment: "dev" | "staging" | "prod" }>;

/** The environments that come up on it. */
export const awsEnvironments = environments.filter((name) => name !== "local");

/** What an environment is described as. @throws UsageError for a name that is none, or is not in AWS */
export function describedInAws(command: string, name: string | undefined): InAws {
  if (name === undefined) {
    throw new UsageError(`${command}: an environment is needed: ${awsEnvironments.join(", ")}`);
  }
  const environment = awsEnvironments.find((known) => known === name);
  const spec = environment && describeEnvironment(environment, repoRoot);
  if (spec === undefined || spec.environment === "local") {
    throw new UsageError(unknown(`${command}: unknown environment ${name}`, name, awsEnvironments));
  }
  return spec;
}

/** The regions that the environments are in. */
export const regions = (): string[] => [
  ...new Set(awsEnvironments.map((name) => describedInAws("aws", name).cloud.region)),
];

/** Hosted zones that the environments find, as domains that somebody has delegated before. */
export function hostedZones() {
  const zones = awsEnvironments.flatMap((name) => describedInAws("aws", name).gateway.hostedZone ?? []);
  return [...new Map(zones.map((zone) => [zone.id, zone])).values()];
}

/** The simulated AWS of the command line, if it runs. */
export const runningAws = (): Promise<SimulatedAws | undefined> => findAws(awsFolder);

/** @throws UserError where it does not run */
export async function needAws(): Promise<SimulatedAws> {
  const aws = await runningAws();
  if (aws !== undefined) return aws;
  throw new UserError("The simulated AWS is not running.", ["Start it: npm run aws -- start"]);
}
