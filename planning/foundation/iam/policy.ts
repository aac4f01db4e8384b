/** One thing that a policy allows or denies. */
export interface PolicyStatement {
  /** Says what it is for, in letters and digits. */
  readonly Sid: string;
  readonly Effect: "Allow" | "Deny";
  /** In full: `ec2:AttachVolume`. */
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  /** Operator, then key, then the values of which one must match. */
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** An IAM policy document, of plain values: it can be read and judged before anything exists. */
export interface PolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly PolicyStatement[];
}

export function policy(...statements: readonly PolicyStatement[]): PolicyDocument {
  return { Version: "2012-10-17", Statement: statements };
}

/** A statement that allows something. */
export function allow(
  sid: string,
  actions: readonly string[],
  resources: readonly string[],
  condition?: PolicyStatement["Condition"],
): PolicyStatement {
  return {
    Sid: sid,
    Effect: "Allow",
    Action: actions,
    Resource: resources,
    ...(condition === undefined ? {} : { Condition: condition }),
  };
}
