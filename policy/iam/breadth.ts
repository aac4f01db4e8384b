import { covers } from "./arns.ts";
import type { Condition, Statement } from "./document.ts";
import { type Action, actionsLike } from "./reference.ts";

/** Something that a statement allows more of than it says by name. */
export interface Wide {
  /** Action as the statement has it, or the element that is too wide. */
  readonly what: string;
  readonly why: string;
}

/**
 * Changes that a statement allows without naming them, or without saying to what: Write, Permissions management and
 * Tagging in the Service Authorization Reference. A kind of resource as a whole (`volume/*`) is named enough where a
 * condition says which of them.
 * @param own whether `*` is the resource that the policy is attached to, as in a key's policy
 */
export async function wideGrants(statement: Statement, own: boolean): Promise<Wide[]> {
  if (statement.effect === "Deny") return [];
  const found = await Promise.all(
    statement.actions.map(async (pattern) => {
      const actions = await actionsLike(pattern);
      if (pattern !== "*" && !actions.some(({ changes }) => changes)) return [];
      return wideAction(pattern, actions, statement, own);
    }),
  );
  return [
    ...statement.exceptions.map((what) => ({ what, why: "allows everything but what it names" })),
    ...found.flat(),
  ];
}

function wideAction(
  pattern: string,
  actions: readonly Action[],
  { conditions, resources }: Statement,
  own: boolean,
): Wide[] {
  const wide: Wide[] = [];
  if (/[*?]/.test(pattern)) wide.push({ what: pattern, why: "stands for actions that nobody has read" });
  const all = own ? [] : resources.filter((arn) => isAll(arn, actions));
  if (all.length > 0 && !conditions.some(selects)) {
    wide.push({ what: pattern, why: `changes all that is ${all.join(", ")}, and no condition says which` });
  }
  if (pattern === "iam:PassRole" && !conditions.some(({ key }) => key === "iam:PassedToService")) {
    wide.push({ what: pattern, why: "hands roles to any service: iam:PassedToService says to which" });
  }
  return wide;
}

/** `*`, and an ARN that names a kind and nothing of it: `volume/*`. */
function isAll(arn: string, actions: readonly Action[]): boolean {
  const forms = actions.flatMap(({ resourceTypes }) => resourceTypes.map(({ arnForm }) => arnForm));
  return arn === "*" || forms.some((form) => covers(arn, form));
}

/**
 * Whether a condition picks resources: by their tags, by those that they get, by alias. One that also holds where the key
 * is missing picks nothing.
 */
function selects({ key, operator, values }: Condition): boolean {
  const holds = /^(ForAnyValue:)?(StringEquals|StringLike|ArnEquals|ArnLike)$/.test(operator);
  return holds && selecting.test(key) && !values.includes("*");
}

const selecting =
  /^(aws:(ResourceTag|RequestTag)\/|[a-z0-9-]+:ResourceTag\/|kms:(ResourceAliases|RequestAlias)$|ec2:CreateAction$|iam:PassedToService$)/;
