import { describe, expect, test } from "vitest";
import { dataRolesOf, planData } from "../../../planning/data/data.ts";
import { rolesOf } from "../../../planning/foundation/foundation.ts";
import { podTrust, type RolePlan, serviceTrust } from "../../../planning/foundation/iam/roles.ts";
import { secretReadPolicy } from "../../../planning/foundation/iam/secrets.ts";
import { planServices, serviceRolesOf } from "../../../planning/services.ts";
import { type DocumentKind, parseDocument } from "../../../policy/iam/document.ts";
import { unknownNames } from "../../../policy/iam/names.ts";
import { awsSpec, everyCapacity, everyKind, foundationOf } from "../../support/foundation.ts";

/** More kinds of nodes than any environment of ours has. */
const roles: readonly RolePlan[] = [
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
const account = "123456789012";
const trustOf = (role: RolePlan) => (role.kind === "pod" ? podTrust(role) : serviceTrust(role, account));
const documents = [
  ...roles.flatMap((role) => [
    { name: `${role.name}/trust`, kind: "trust" as const, document: trustOf(role) },
    ...Object.entries(role.policies).map(([name, document]) => ({
      name: `${role.name}/${name}`,
      kind: "identity" as const,
      document,
    })),
  ]),
  ...Object.entries(later).map(([name, document]) => ({ name, kind: "identity" as const, document })),
];

/** The statements of a document that has no fault. */
function statementsOf(document: unknown, kind: DocumentKind) {
  const parsed = parseDocument(JSON.stringify(document), kind);
  if ("faults" in parsed) throw new Error(parsed.faults.join("\n"));
  return parsed.statements;
}

test("there are policies to be judged", () => {
  expect(documents.length - roles.length).toBeGreaterThanOrEqual(5);
});

describe.each(documents)("$name", ({ document, kind }) => {
  test("keeps to the grammar and says only what AWS knows", async () => {
    for (const statement of statementsOf(document, kind)) expect(await unknownNames(statement)).toEqual([]);
  });

  test("names actions and what each of them is about", async () => {
    for (const statement of statementsOf(document, kind)) {
      // One by one: that another action is about a resource makes no right of this one.
      for (const action of statement.actions) {
        expect(action).not.toContain("*");
        expect(await unknownNames({ ...statement, actions: [action] }), action).toEqual([]);
      }
    }
  });
});

test("no two roles share a name", () => {
  expect(new Set(roles.map(({ name }) => name)).size).toBe(roles.length);
});

test("nothing but one service account of the cluster can take on a pod's role", () => {
  const [cni] = roles.filter(({ name }) => name.endsWith("-vpc-cni"));
  if (cni === undefined) throw new Error("the VPC CNI has no role");
  expect(trustOf(cni).Statement).toEqual([
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

test("a service takes its role on for its own resource in this account, where it tells", () => {
  const conditions = Object.fromEntries(
    roles.flatMap((role) =>
      role.kind === "service" ? [[role.service, serviceTrust(role, account).Statement[0].Condition]] : [],
    ),
  );
  const ours = (arn: string) => ({
    ArnLike: { "aws:SourceArn": arn },
    StringEquals: { "aws:SourceAccount": account },
  });
  expect(conditions).toEqual({
    "ec2.amazonaws.com": undefined,
    "eks.amazonaws.com": ours(`arn:aws:eks:us-east-1:${account}:cluster/ai-platform-prod`),
    "s3.amazonaws.com": undefined,
    "vpc-flow-logs.amazonaws.com": ours(`arn:aws:ec2:us-east-1:${account}:vpc-flow-log/*`),
  });
});
