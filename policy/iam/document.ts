import { z } from "zod";

/**
 * Where a policy document stands, which decides what it must say: a role's own rights say nothing about who, trust nothing
 * about what, a resource's policy says both, and a repository's is about the repository without naming it.
 */
export type DocumentKind = "identity" | "trust" | "resource" | "repository";

export interface Principal {
  /** `*` for everybody. */
  readonly type: "*" | "AWS" | "Service" | "Federated" | "CanonicalUser";
  readonly value: string;
}

export interface Condition {
  /** With quantifier and suffix: `ForAnyValue:StringEquals`, `ArnLikeIfExists`. */
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

/** A statement with its short forms written out. */
export interface Statement {
  /** Its `Sid`; `#2` for the second one where it has none. */
  readonly name: string;
  readonly effect: "Allow" | "Deny";
  readonly principals: readonly Principal[];
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: readonly Condition[];
  /** The elements that say everything but: `NotAction`, `NotPrincipal`, `NotResource`. */
  readonly exceptions: readonly string[];
}

/** What a document says, or everything that is wrong with how it says it. */
export type Parsed =
  | { readonly statements: readonly Statement[] }
  | { readonly faults: readonly [string, ...string[]] };

/** Source: IAM user guide, "Condition operators". */
const operators = [
  ...["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"],
  ...["StringLike", "StringNotLike"],
  ...["NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals"],
  ...["NumericGreaterThan", "NumericGreaterThanEquals"],
  ...["DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals"],
  ...["DateGreaterThan", "DateGreaterThanEquals"],
  ...["Bool", "BinaryEquals", "IpAddress", "NotIpAddress"],
  ...["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
];
const operator = new RegExp(`^((ForAllValues:|ForAnyValue:)?(${operators.join("|")})(IfExists)?|Null)$`);

const text = z.union([z.string(), z.boolean(), z.number()]).transform(String);
const oneOrMore = <Output>(item: z.ZodType<Output>) =>
  z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(item).min(1));

const actions = oneOrMore(
  z.string().regex(/^(\*|[a-z0-9-]+:[A-Za-z0-9*?]+)$/, "an action is service:Action, or *"),
);
const resources = oneOrMore(
  z
    .string()
    .regex(
      /^(\*|arn:(aws|aws-cn|aws-us-gov):[a-z0-9-]+:([a-z0-9-]*|\*):(\d{12}|\*|\$\{aws:PrincipalAccount\})?:.+)$/,
      "a resource is an ARN with a partition and an account of 12 digits or none, or *",
    ),
);
const principals = z.preprocess(
  (value) => (value === "*" ? { AWS: value } : value),
  z
    .strictObject({
      AWS: oneOrMore(
        z.string().regex(/^(\*|\d{12}|arn:[a-z-]+:(iam|sts)::(\d{12}|cloudfront):.+)$/),
      ).optional(),
      Service: oneOrMore(z.string().regex(/^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$/)).optional(),
      Federated: oneOrMore(z.string()).optional(),
      CanonicalUser: oneOrMore(z.string()).optional(),
    })
    .refine((map) => Object.keys(map).length > 0, "names nobody")
    .transform(({ AWS = [], CanonicalUser = [], Federated = [], Service = [] }): Principal[] => [
      ...AWS.map((value) => ({ type: value === "*" ? ("*" as const) : ("AWS" as const), value })),
      ...Service.map((value) => ({ type: "Service" as const, value })),
      ...Federated.map((value) => ({ type: "Federated" as const, value })),
      ...CanonicalUser.map((value) => ({ type: "CanonicalUser" as const, value })),
    ]),
);
const conditions = z
  .record(z.string(), z.record(z.string(), oneOrMore(text)))
  .superRefine((byOperator, context) => {
    for (const name of Object.keys(byOperator)) {
      if (!operator.test(name)) context.addIssue(`${name} is no condition operator`);
    }
  })
  .transform((byOperator): Condition[] =>
    Object.entries(byOperator).flatMap(([name, byKey]) =>
      Object.entries(byKey).map(([key, values]) => ({ operator: name, key, values })),
    ),
  );

const statement = z.strictObject({
  Sid: z
    .string()
    .regex(/^[A-Za-z0-9]+$/, "a Sid is of letters and digits")
    .optional(),
  Effect: z.enum(["Allow", "Deny"]),
  Principal: principals.optional(),
  NotPrincipal: principals.optional(),
  Action: actions.optional(),
  NotAction: actions.optional(),
  Resource: resources.optional(),
  NotResource: resources.optional(),
  Condition: conditions.optional(),
});

/** Source: IAM user guide, "Grammar of the IAM JSON policy language". */
const document = z.strictObject({
  Version: z.literal("2012-10-17", "must be 2012-10-17: older versions take variables as text"),
  Id: z.string().optional(),
  Statement: oneOrMore(statement),
});

type RawStatement = z.output<typeof statement>;

/** How many of an element and its opposite a statement must have. */
const wanted: Readonly<Record<DocumentKind, Readonly<Record<"Principal" | "Action" | "Resource", 0 | 1>>>> = {
  identity: { Principal: 0, Action: 1, Resource: 1 },
  trust: { Principal: 1, Action: 1, Resource: 0 },
  resource: { Principal: 1, Action: 1, Resource: 1 },
  repository: { Principal: 1, Action: 1, Resource: 0 },
};

/** Reads a policy document. */
export function parseDocument(json: string, kind: DocumentKind): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { faults: ["is no JSON"] };
  }
  const result = document.safeParse(value);
  if (!result.success) {
    const [first, ...others] = result.error.issues.map(
      ({ message, path }) => `${path.length === 0 ? "document" : path.join(".")}: ${message}`,
    );
    return { faults: [first ?? "is no policy document", ...others] };
  }
  const statements = result.data.Statement;
  const [fault, ...others] = [
    ...statements.flatMap((raw, index) => elementFaults(raw, nameOf(raw, index), kind)),
    ...repeated(statements.flatMap(({ Sid }) => Sid ?? [])).map((sid) => `Sid ${sid}: stands twice`),
  ];
  if (fault !== undefined) return { faults: [fault, ...others] };
  return { statements: statements.map(writtenOut) };
}

const nameOf = ({ Sid }: RawStatement, index: number) => Sid ?? `#${index + 1}`;

function elementFaults(raw: RawStatement, name: string, kind: DocumentKind): string[] {
  return (["Principal", "Action", "Resource"] as const).flatMap((element) => {
    const there = [raw[element], raw[`Not${element}`]].filter((value) => value !== undefined).length;
    const should = wanted[kind][element];
    if (there === should) return [];
    if (should === 0) return [`${name}: ${element} does not belong in a policy of kind ${kind}`];
    return [`${name}: must have either ${element} or Not${element}`];
  });
}

function writtenOut(raw: RawStatement, index: number): Statement {
  return {
    name: nameOf(raw, index),
    effect: raw.Effect,
    principals: raw.Principal ?? raw.NotPrincipal ?? [],
    actions: raw.Action ?? raw.NotAction ?? [],
    resources: raw.Resource ?? raw.NotResource ?? [],
    conditions: raw.Condition ?? [],
    exceptions: (["NotPrincipal", "NotAction", "NotResource"] as const).filter(
      (element) => raw[element] !== undefined,
    ),
  };
}

const repeated = (names: readonly string[]) => [
  ...new Set(names.filter((name, index) => names.indexOf(name) !== index)),
];
