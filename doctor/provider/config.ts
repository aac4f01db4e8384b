import { existsSync, readFileSync } from "node:fs";
import { parse, YAMLParseError } from "yaml";
import { z } from "zod";
import { type Fault, SpecError } from "../../spec/faults/fault.ts";
import { findings } from "../../spec/faults/issues.ts";
import { isObject, pathText, valueAt } from "../../spec/faults/path.ts";
import { shown } from "../../spec/faults/wording.ts";

const account = z.union([z.string(), z.int()]).transform((id) => String(id).padStart(12, "0"));

const assumeRole = z.object({
  roleArn: z.string().regex(/^arn:/, "the ARN of an IAM role"),
  sessionName: z.string().optional(),
  externalId: z.string().optional(),
  sourceIdentity: z.string().optional(),
  policy: z.string().optional(),
  policyArns: z.array(z.string()).optional(),
  tags: z.record(z.string(), z.string()).optional(),
  transitiveTagKeys: z.array(z.string()).optional(),
});

const webIdentity = z.object({
  roleArn: z.string().regex(/^arn:/, "the ARN of an IAM role"),
  sessionName: z.string().optional(),
  webIdentityToken: z.string().optional(),
  webIdentityTokenFile: z.string().optional(),
});

const endpoint = z.url({ protocol: /^https?$/, error: "a URL such as http://127.0.0.1:4566" });

/**
 * What of the provider's configuration (`aws:<name>` in `Pulumi.<stack>.yaml`) decides whom the stack talks to, and as
 * whom. Other settings, such as default tags, are not the doctor's.
 * Source: @pulumi/aws 7.48.0, config/vars.d.ts.
 */
export const providerSchema = z.object({
  region: z.string().optional(),
  profile: z.string().optional(),
  accessKey: z.string().optional(),
  secretKey: z.string().optional(),
  token: z.string().optional(),
  sharedConfigFiles: z.array(z.string()).optional(),
  sharedCredentialsFiles: z.array(z.string()).optional(),
  /** Taken on one after the other. */
  assumeRoles: z.array(assumeRole).default([]),
  assumeRoleWithWebIdentity: webIdentity.optional(),
  /** By the provider's names of services. */
  endpoints: z.array(z.record(z.string(), endpoint)).default([]),
  stsRegion: z.string().optional(),
  allowedAccountIds: z.array(account).default([]),
  forbiddenAccountIds: z.array(account).default([]),
  s3UsePathStyle: z.boolean().optional(),
  useDualstackEndpoint: z.boolean().optional(),
  useFipsEndpoint: z.boolean().optional(),
});
export type ProviderConfig = z.output<typeof providerSchema>;

/**
 * The provider's configuration in a stack's file; all defaults where there is no such file.
 * @param name what to call it in messages
 * @throws SpecError with every fault
 */
export function readProvider(file: string, name: string): ProviderConfig {
  return parseProvider(existsSync(file) ? readFileSync(file, "utf8") : "", name);
}

/** @throws SpecError with every fault */
export function parseProvider(text: string, name: string): ProviderConfig {
  const written = settings(text, name);
  const data: Record<string, unknown> = {};
  const faults: Fault[] = [];
  for (const [key, value] of Object.entries(written)) {
    if (!(key in providerSchema.shape)) continue;
    if (isSecret(value)) faults.push(secretFault(key));
    else data[key] = plain(value, key);
  }
  const { data: config, error } = providerSchema.safeParse(data);
  if (config && faults.length === 0) return config;
  throw new SpecError(name, [
    ...faults,
    ...findings(error?.issues ?? [], providerSchema, data).map(({ path, problem }) => ({
      path: `aws:${pathText(path)}`,
      value: shown(valueAt(data, path)),
      problem,
      position: undefined,
    })),
  ]);
}

/** The settings of the provider `aws`, without that prefix. */
function settings(text: string, name: string): Record<string, unknown> {
  let file: unknown;
  try {
    file = parse(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new SpecError(name, [
      { path: "", value: undefined, problem: error.message.split("\n")[0] ?? "", position: undefined },
    ]);
  }
  const config = isObject(file) && isObject(file.config) ? file.config : {};
  return Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => key.startsWith("aws:"))
      .map(([key, value]) => [key.slice("aws:".length), value]),
  );
}

const isSecret = (value: unknown) => isObject(value) && "secure" in value;

function secretFault(key: string): Fault {
  return {
    path: `aws:${key}`,
    value: "a secret",
    problem:
      "only Pulumi can decrypt it; give the doctor the same by AWS_PROFILE, or by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and keep keys out of stack files",
    position: undefined,
  };
}

/** `pulumi config set` writes lists as JSON in a string, and numbers and booleans as strings. */
function plain(value: unknown, key: string): unknown {
  if (typeof value !== "string") return value;
  if (/^\s*[[{]/.test(value)) {
    try {
      return JSON.parse(value);
    } catch {
      return value;
    }
  }
  const isFlag = key === "s3UsePathStyle" || key.startsWith("use");
  return isFlag && (value === "true" || value === "false") ? value === "true" : value;
}
