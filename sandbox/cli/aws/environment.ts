import { devNull } from "node:os";
import { awsEnv, type SimulatedAws } from "../../aws/server.ts";
import { type Progress, silent } from "../../lib/progress.ts";

/** What `awsEnv` names as the access key: nobody's. */
const simulatedKey = "simulated";

/** Variables by which somebody says which account and whose credentials are meant. */
const accountVariables = [
  "AWS_PROFILE",
  "AWS_DEFAULT_PROFILE",
  "AWS_ACCESS_KEY_ID",
  "AWS_SESSION_TOKEN",
  "AWS_ROLE_ARN",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
] as const;

/** Those that are set to something of an account's. */
export const ownCredentials = (env: NodeJS.ProcessEnv): string[] =>
  accountVariables.filter((name) => (env[name] ?? "") !== "" && env[name] !== simulatedKey);

/** What only an AWS account has a use for: a proxy's certificates stay. */
const ofAccount = (name: string): boolean => name.startsWith("AWS_") && name !== "AWS_CA_BUNDLE";

/** Variables that would lead a program to an account, or to another endpoint than the simulated one. */
export const leadingAway = (env: NodeJS.ProcessEnv): string[] => Object.keys(env).filter(ofAccount).sort();

/**
 * An environment in which nothing but the simulated AWS can be reached as AWS: the user's profiles, keys, roles and endpoints
 * are out of sight, files in the home folder included.
 */
export async function simulatedEnvironment(
  aws: SimulatedAws,
  base: NodeJS.ProcessEnv,
  progress: Progress = silent,
): Promise<NodeJS.ProcessEnv> {
  const kept = Object.fromEntries(Object.entries(base).filter(([name]) => !ofAccount(name)));
  return {
    ...(await awsEnv(aws, kept, { progress })),
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    ...withoutProxy(base),
  };
}

/** The AWS command line sends calls of this machine to a proxy as well, unless told otherwise. */
function withoutProxy(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const excepted = (env.NO_PROXY ?? env.no_proxy ?? "").split(",").filter((host) => host !== "");
  const hosts = [...new Set([...excepted, "127.0.0.1"])].join(",");
  return { NO_PROXY: hosts, no_proxy: hosts };
}

/** Whether these variables lead to a simulated AWS, of this folder or another. */
export const leadsToSimulated = (env: NodeJS.ProcessEnv): boolean =>
  env.AWS_ACCESS_KEY_ID === simulatedKey && env.AWS_ENDPOINT_URL !== undefined;
