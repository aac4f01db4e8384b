import { endpointOf, type ProviderConfig } from "../../spec/provider/settings.ts";

type Providers = typeof import("@aws-sdk/credential-providers");
/** Gives keys, renewed when they expire. */
export type Credentials = ReturnType<Providers["fromEnv"]>;

/**
 * Credentials as the provider finds them: keys of the configuration, else the profile that it names, else the environment,
 * AWS_PROFILE, SSO, a process, a container's or an instance's role; then the configured roles, one after the other.
 */
export async function credentialsOf(
  config: ProviderConfig,
  region: string,
  timeoutSeconds: number,
): Promise<Credentials> {
  const aws = await import("@aws-sdk/credential-providers");
  const endpoint = endpointOf(config, "sts");
  const stsClient = {
    region: config.stsRegion ?? region,
    requestHandler: patience(timeoutSeconds),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
  let credentials = base(config, aws, stsClient);
  for (const { roleArn, ...role } of config.assumeRoles) {
    credentials = aws.fromTemporaryCredentials({
      masterCredentials: credentials,
      clientConfig: stsClient,
      params: {
        RoleArn: roleArn,
        RoleSessionName: role.sessionName ?? "ai-platform-doctor",
        ...(role.externalId ? { ExternalId: role.externalId } : {}),
        ...(role.sourceIdentity ? { SourceIdentity: role.sourceIdentity } : {}),
        ...(role.policy ? { Policy: role.policy } : {}),
        ...(role.policyArns ? { PolicyArns: role.policyArns.map((arn) => ({ arn })) } : {}),
        ...(role.transitiveTagKeys ? { TransitiveTagKeys: role.transitiveTagKeys } : {}),
        ...(role.tags ? { Tags: Object.entries(role.tags).map(([Key, Value]) => ({ Key, Value })) } : {}),
      },
    });
  }
  return credentials;
}

/** How long clients wait. Without `throwOnRequestTimeout` the SDK only writes a warning, and waits for ever. */
export function patience(seconds: number) {
  const milliseconds = seconds * 1000;
  return { connectionTimeout: milliseconds, requestTimeout: milliseconds, throwOnRequestTimeout: true };
}

function base(config: ProviderConfig, aws: Providers, stsClient: { readonly region: string }): Credentials {
  const { accessKey, assumeRoleWithWebIdentity, profile, secretKey, token } = config;
  if (accessKey !== undefined && secretKey !== undefined) {
    const keys = { accessKeyId: accessKey, secretAccessKey: secretKey };
    return async () => (token === undefined ? keys : { ...keys, sessionToken: token });
  }
  if (assumeRoleWithWebIdentity !== undefined) return byToken(assumeRoleWithWebIdentity, aws, stsClient);
  const files = {
    ...(config.sharedConfigFiles?.[0] ? { configFilepath: config.sharedConfigFiles[0] } : {}),
    ...(config.sharedCredentialsFiles?.[0] ? { filepath: config.sharedCredentialsFiles[0] } : {}),
  };
  // As with the AWS SDK for Go, which the provider is made with: keys in the environment win over AWS_PROFILE, and a
  // profile that the configuration names wins over both.
  if (profile === undefined && process.env.AWS_ACCESS_KEY_ID && process.env.AWS_SECRET_ACCESS_KEY) {
    return aws.fromEnv();
  }
  const named = profile ?? process.env.AWS_PROFILE;
  const sources = { ...files, clientConfig: { region: stsClient.region } };
  // The whole chain would take a profile that isn't there for no credentials at all.
  return named ? aws.fromIni({ ...sources, profile: named }) : aws.fromNodeProviderChain(sources);
}

function byToken(
  {
    roleArn,
    sessionName,
    webIdentityToken,
    webIdentityTokenFile,
  }: NonNullable<ProviderConfig["assumeRoleWithWebIdentity"]>,
  aws: Providers,
  clientConfig: { readonly region: string },
): Credentials {
  const session = { roleArn, roleSessionName: sessionName ?? "ai-platform-doctor", clientConfig };
  if (webIdentityToken !== undefined) return aws.fromWebToken({ ...session, webIdentityToken });
  return aws.fromTokenFile({ ...session, ...(webIdentityTokenFile ? { webIdentityTokenFile } : {}) });
}
