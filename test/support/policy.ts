import {
  type ResourceValidationArgs,
  type ResourceValidationPolicy,
  unknownCheckingProxy,
} from "@pulumi/policy";

/**
 * Judges one resource as the engine would at a preview: touching a value that is not known yet throws, which the
 * engine turns from a mandatory rule into an advice.
 */
export async function judge(
  policy: ResourceValidationPolicy,
  resource: { readonly type: string; readonly name: string; readonly inputs: Record<string, unknown> },
): Promise<string[]> {
  const violations: string[] = [];
  const { inputs, name, type } = resource;
  const args: ResourceValidationArgs = {
    type,
    name,
    urn: `urn:pulumi:test::ai-platform::${type}::${name}`,
    props: unknownCheckingProxy(inputs),
    opts: {
      protect: false,
      ignoreChanges: [],
      aliases: [],
      additionalSecretOutputs: [],
      customTimeouts: { createSeconds: 0, updateSeconds: 0, deleteSeconds: 0 },
    },
    stackTags: new Map(),
    isType: () => false,
    asType: () => undefined,
    getConfig: <T extends object>() => ({}) as T,
    notApplicable: (reason) => {
      throw new Error(reason);
    },
  };
  for (const validate of [policy.validateResource ?? []].flat()) {
    await validate(args, (message) => violations.push(message));
  }
  return violations;
}

/** What an ARN looks like that a policy names before there is one, by the service of the statement's actions. */
const later: Readonly<Record<string, string>> = {
  kms: "arn:aws:kms:us-east-1:123456789012:key/",
  secretsmanager: "arn:aws:secretsmanager:us-east-1:123456789012:secret:",
  sns: "arn:aws:sns:us-east-1:123456789012:",
};

/**
 * Inputs of a rendered resource with ARNs in its policy documents as AWS makes them: rendering makes `alarms-arn`, which is
 * no ARN.
 */
export function withArns(inputs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(inputs).map(([property, value]) => {
      if (typeof value !== "string" || !value.includes('"Statement"')) return [property, value];
      const real = (key: string, item: unknown) =>
        key === "Statement" && Array.isArray(item) ? item.map(arns) : item;
      return [property, JSON.stringify(JSON.parse(value, real))];
    }),
  );
}

function arns(statement: { readonly Action: unknown; readonly Resource?: unknown }) {
  if (statement.Resource === undefined) return statement;
  const service = String([statement.Action].flat()[0]).split(":")[0] ?? "";
  const Resource = [statement.Resource]
    .flat()
    .map((arn) => (/^[a-z-]+-arn$/.test(String(arn)) ? `${later[service]}${arn}` : arn));
  return { ...statement, Resource };
}
