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
