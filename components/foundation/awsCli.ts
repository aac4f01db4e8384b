import * as pulumi from "@pulumi/pulumi";
import { type Fault, SpecError } from "../../spec/faults/fault.ts";
import {
  endpointOf,
  type ProviderConfig,
  parseSettings,
  settingNames,
} from "../../spec/provider/settings.ts";

/** How the AWS command line gets to the account, as the stack's `aws:` configuration says it to the provider. */
export interface AwsCli {
  /** Options before the command. */
  readonly options: readonly string[];
  /** Options of `aws eks get-token`. */
  readonly tokenOptions: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Whoever the provider is, the cluster's clients are too: they get their token from the AWS command line.
 * @throws pulumi.RunError with every setting that is wrong, or that the command can't be told
 */
export function awsCli(): AwsCli {
  const config = new pulumi.Config("aws");
  const written = settingNames.map((name) => [name, config.get(name)] as const);
  try {
    const settings = parseSettings(
      Object.fromEntries(written.filter(([, value]) => value !== undefined)),
      source,
    );
    const faults = untold(settings);
    if (faults.length > 0) throw new SpecError(source, faults);
    return toldBy(settings);
  } catch (error) {
    throw error instanceof SpecError ? new pulumi.RunError(error.message) : error;
  }
}

const source = "The stack's aws configuration";

function toldBy(settings: ProviderConfig): AwsCli {
  const { assumeRoles, assumeRoleWithWebIdentity: web, profile } = settings;
  const env: Readonly<Record<string, string | undefined>> = {
    AWS_CONFIG_FILE: settings.sharedConfigFiles?.[0],
    AWS_SHARED_CREDENTIALS_FILE: settings.sharedCredentialsFiles?.[0],
    AWS_ROLE_ARN: web?.roleArn,
    AWS_WEB_IDENTITY_TOKEN_FILE: web?.webIdentityTokenFile,
    AWS_ROLE_SESSION_NAME: web?.sessionName,
    AWS_ENDPOINT_URL_STS: endpointOf(settings, "sts"),
    AWS_USE_FIPS_ENDPOINT: settings.useFipsEndpoint ? "true" : undefined,
    AWS_USE_DUALSTACK_ENDPOINT: settings.useDualstackEndpoint ? "true" : undefined,
  };
  return {
    // Not AWS_PROFILE: keys in the environment would win over it, which they don't over the provider's profile.
    options: profile === undefined ? [] : ["--profile", profile],
    tokenOptions: assumeRoles.flatMap(({ roleArn }) => ["--role-arn", roleArn]),
    env: Object.fromEntries(
      Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
  };
}

/** What `aws eks get-token` has no option for. Dropped, it would be another identity, or none. */
function untold(settings: ProviderConfig): Fault[] {
  const { assumeRoles, assumeRoleWithWebIdentity: web } = settings;
  const chain =
    assumeRoles.length > 1 ? [fault("assumeRoles", `${assumeRoles.length} roles`, byProfile)] : [];
  const ofRole = assumeRoles.slice(0, 1).flatMap(({ roleArn: _, ...more }) =>
    Object.entries(more)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => fault(`assumeRoles[0].${name}`, JSON.stringify(value), byProfile)),
  );
  const keys = (["accessKey", "secretKey", "token"] as const)
    .filter((name) => settings[name] !== undefined)
    .map((name) => fault(name, "a credential", byKeys));
  const token = web?.webIdentityToken === undefined ? [] : [fault(tokenPath, "a token", byFile)];
  const files = (["sharedConfigFiles", "sharedCredentialsFiles"] as const).flatMap((name) => {
    const named = settings[name] ?? [];
    return named.length > 1
      ? [fault(name, JSON.stringify(named), "one file, for the AWS command line reads one")]
      : [];
  });
  return [...chain, ...ofRole, ...keys, ...token, ...files];
}

const fault = (name: string, value: string, problem: string): Fault => ({
  path: `aws:${name}`,
  value,
  problem,
  position: undefined,
});

const tokenPath = "assumeRoleWithWebIdentity.webIdentityToken";

const byProfile =
  "one role with its roleArn alone, because the cluster's credentials come from `aws eks get-token`; write more as a profile of ~/.aws/config and set aws:profile";

const byKeys =
  "no keys, because the cluster's kubeconfig would hold them; set aws:profile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment";

const byFile = "webIdentityTokenFile, because the cluster's kubeconfig would hold the token";
