import { z } from "zod";
import { type Fault, SpecError } from "../faults/fault.ts";
import { findings } from "../faults/issues.ts";
import { pathText, valueAt } from "../faults/path.ts";
import { shown } from "../faults/wording.ts";

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
 * whom. Read by the program, which passes it on to the cluster's kubeconfig, and by the
 * doctor. Other settings, such as default tags, are the provider's alone.
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

/** Names of these settings, without `aws:`. */
export const settingNames: readonly string[] = Object.keys(providerSchema.shape);

/**
 * @param written what is written by the settings' names, without `aws:`; other names are left alone
 * @param name what to call it in messages
 * @param more faults that were found before
 * @throws SpecError with every fault
 */
export function parseSettings(
  written: Readonly<Record<string, unknown>>,
  name: string,
  more: readonly Fault[] = [],
): ProviderConfig {
  const data = Object.fromEntries(
    Object.entries(written)
      .filter(([key]) => settingNames.includes(key))
      .map(([key, value]) => [key, plain(value, key)]),
  );
  const { data: config, error } = providerSchema.safeParse(data);
  if (config && more.length === 0) return config;
  throw new SpecError(name, [
    ...more,
    ...findings(error?.issues ?? [], providerSchema, data).map(({ path, problem }) => ({
      path: `aws:${pathText(path)}`,
      value: shown(valueAt(data, path)),
      problem,
      position: undefined,
    })),
  ]);
}

/** The endpoint that the configuration gives a service; the last one that is given counts. */
export function endpointOf({ endpoints }: ProviderConfig, service: string): string | undefined {
  return endpoints.map((entry) => entry[service]).findLast((url) => url !== undefined);
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
