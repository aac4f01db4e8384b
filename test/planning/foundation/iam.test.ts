import { describe, expect, test } from "vitest";
import { dataRolesOf, planData } from "../../../planning/data/data.ts";
import { rolesOf } from "../../../planning/foundation/foundation.ts";
import type { PolicyStatement } from "../../../planning/foundation/iam/policy.ts";
import { trustPolicy } from "../../../planning/foundation/iam/roles.ts";
import { secretReadPolicy } from "../../../planning/foundation/iam/secrets.ts";
import { planServices, serviceRolesOf } from "../../../planning/services.ts";
import { awsSpec, everyCapacity, everyKind, foundationOf } from "../../support/foundation.ts";
import data from "./iamActions.json" with { type: "json" };

interface Action {
  readonly access: string;
  /** Condition keys by the type of resource that the action can be limited to; none: `*` is all it takes. */
  readonly resources: Readonly<Record<string, readonly string[]>>;
  readonly keys: readonly string[];
}

const actions: ReadonlyMap<string, Action> = new Map(Object.entries(data.actions));
const arns: ReadonlyMap<string, string> = new Map(Object.entries(data.arns));

/** Keys that every request has (IAM user guide, "AWS global condition context keys"). */
const globalKeys = ["aws:ResourceAccount"];

const roles = [
  ...rolesOf(foundationOf("prod", everyKind, everyCapacity)),
  ...dataRolesOf(planData(awsSpec("prod"))),
  ...serviceRolesOf(planServices(awsSpec("prod"))),
];
/** What names what is made first. */
const later = {
  "databases/secret": secretReadPolicy({
    arn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-0b6a4c1e-5d1f-4b43-9a1c-2f8d6a7e3b90-AbCdEf",
    keyArn: "arn:aws:kms:us-east-1:123456789012:key/0b6a4c1e-5d1f-4b43-9a1c-2f8d6a7e3b90",
    region: "us-east-1",
  }),
};
const documents = [
  ...roles.flatMap((role) =>
    Object.entries(role.policies).map(([name, document]) => ({ name: `${role.name}/${name}`, document })),
  ),
  ...Object.entries(later).map(([name, document]) => ({ name, document })),
];
const statements = documents.flatMap(({ document, name }) =>
  document.Statement.map((statement) => ({ name: `${name} ${statement.Sid}`, statement })),
);

/** The type of resource of an action that an ARN is of. */
function resourceType(action: string, arn: string): string | undefined {
  const service = action.slice(0, action.indexOf(":"));
  return Object.keys(actions.get(action)?.resources ?? {}).find((type) => {
    const form = (arns.get(`${service}:${type}`) ?? "").replace(/\$\{\w+\}/g, "[^:]*");
    // CloudWatch's own form of a log group with all its streams ends in `:*`.
    return new RegExp(`^${form}$`).test(arn) || (type.startsWith("log-") && arn.endsWith(":*"));
  });
}

function unknownKeys(action: string, { Condition = {}, Resource }: PolicyStatement): string[] {
  const asked = Object.values(Condition).flatMap((values) => Object.keys(values));
  return Resource.flatMap((arn) => {
    const { keys = [], resources = {} } = actions.get(action) ?? {};
    const known = [...globalKeys, ...keys, ...(resources[resourceType(action, arn) ?? ""] ?? [])];
    return asked.filter((key) => !known.some((name) => key === name || key.startsWith(`${name}/`)));
  });
}

test("there are policies to be judged", () => {
  expect(documents.length).toBeGreaterThanOrEqual(5);
});

describe.each(statements)("$name", ({ statement }) => {
  test("names actions that IAM knows, each in full", () => {
    expect(statement.Action.filter((action) => !actions.has(action))).toEqual([]);
    expect(statement.Action.length).toBeGreaterThan(0);
  });

  test("lets nothing be changed but named kinds of resources", () => {
    const changing = statement.Action.filter(
      (action) => !["List", "Read"].includes(actions.get(action)?.access ?? ""),
    );
    const reading = statement.Action.filter(
      (action) => !changing.includes(action) && Object.keys(actions.get(action)?.resources ?? {}).length > 0,
    );
    if (changing.length > 0) expect(statement.Resource).not.toContain("*");
    for (const action of statement.Resource.includes("*") ? [] : [...changing, ...reading]) {
      for (const arn of statement.Resource)
        expect(resourceType(action, arn), `${action} on ${arn}`).toBeDefined();
    }
  });

  test("asks only for what the actions tell about their resources", () => {
    for (const action of statement.Action) expect(unknownKeys(action, statement), action).toEqual([]);
  });
});

test("every statement of a document has a name of its own", () => {
  for (const { document, name } of documents) {
    const sids = document.Statement.map(({ Sid }) => Sid);
    expect(new Set(sids).size, name).toBe(sids.length);
    for (const sid of sids) expect(sid, name).toMatch(/^[A-Za-z0-9]+$/);
  }
});

test("no two roles share a name", () => {
  expect(new Set(roles.map(({ name }) => name)).size).toBe(roles.length);
});

test("nothing but one service account of the cluster can take on a pod's role", () => {
  const [cni] = roles.filter(({ name }) => name.endsWith("-vpc-cni"));
  if (cni === undefined) throw new Error("the VPC CNI has no role");
  expect(trustPolicy(cni).Statement).toEqual([
    {
      Effect: "Allow",
      Principal: { Service: "pods.eks.amazonaws.com" },
      Action: ["sts:AssumeRole", "sts:TagSession"],
      Condition: {
        StringEquals: {
          "aws:RequestTag/eks-cluster-name": "ai-platform-prod",
          "aws:RequestTag/kubernetes-namespace": "kube-system",
          "aws:RequestTag/kubernetes-service-account": "aws-node",
        },
      },
    },
  ]);
});
