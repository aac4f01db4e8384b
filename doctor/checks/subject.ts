import type { InfrastructurePlan } from "../../planning/infrastructure.ts";
import type { AwsPlatformSpec } from "../../spec/platform.ts";
import type { ProviderConfig } from "../../spec/provider/settings.ts";
import { Unanswered } from "../failure.ts";
import type { Outside } from "../outside.ts";

/** What is examined: a description, its plan and how its stack talks to AWS. */
export interface Subject {
  /** File of the description, to be named in what to do: `stacks/prod.ts`. */
  readonly source: string;
  /** File of the stack's configuration: `Pulumi.prod.yaml`. */
  readonly configFile: string;
  readonly spec: AwsPlatformSpec;
  readonly infrastructure: InfrastructurePlan;
  /** Why the platform can't be brought up as described. */
  readonly problems: readonly string[];
  readonly provider: ProviderConfig;
}

/**
 * Whether the environment is up, by its cluster. Then what it takes of quotas and reservations is in use already, and its
 * names are taken by itself. Where that can't be asked it is taken for new.
 */
export async function isUp({ infrastructure }: Subject, outside: Outside): Promise<boolean> {
  try {
    return (await outside.clusterVersion(infrastructure.foundation.cluster.name)) !== undefined;
  } catch (error) {
    if (error instanceof Unanswered) return false;
    throw error;
  }
}

/** A command of the AWS command line for the stack's account and region. */
export function awsCommand(
  { infrastructure, provider }: Subject,
  words: readonly string[],
  region: string = infrastructure.region,
): string {
  const profile = provider.profile === undefined ? [] : ["--profile", provider.profile];
  return ["aws", ...words, "--region", region, ...profile].join(" ");
}
