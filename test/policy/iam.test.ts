import { describe, expect, test } from "vitest";
import { covers, touches } from "../../policy/iam/arns.ts";
import { awsNarrowTrust } from "../../policy/rules/awsNarrowTrust.ts";
import { awsNoWildcardWrite } from "../../policy/rules/awsNoWildcardWrite.ts";
import { awsPolicyDocuments } from "../../policy/rules/awsPolicyDocuments.ts";
import { judge } from "../support/policy.ts";

const volumes = "arn:aws:ec2:us-east-1:123456789012:volume/*";
const right = { Sid: "One", Effect: "Allow", Action: ["ec2:DeleteVolume"], Resource: [volumes] };
const tagged = { StringEquals: { "aws:ResourceTag/Owner": "us" } };

/** A role's own policy of one statement, which is a good one but for what is given. */
const rights = (changes: Record<string, unknown> = {}, ...others: object[]) => ({
  type: "aws:iam/rolePolicy:RolePolicy",
  name: "policy",
  inputs: {
    policy: JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ ...right, Condition: tagged, ...changes }, ...others],
    }),
  },
});

const trust = (changes: Record<string, unknown>) => ({
  type: "aws:iam/role:Role",
  name: "role",
  inputs: {
    assumeRolePolicy: JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", ...changes }],
    }),
  },
});

const bucket = (changes: Record<string, unknown>) => ({
  type: "aws:s3/bucketPolicy:BucketPolicy",
  name: "bucket",
  inputs: {
    policy: JSON.stringify({
      Version: "2012-10-17",
      Statement: { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/*", ...changes },
    }),
  },
});

test("a good policy passes every rule", async () => {
  for (const policy of [awsPolicyDocuments, awsNoWildcardWrite, awsNarrowTrust]) {
    expect(await judge(policy, rights())).toEqual([]);
  }
});

describe("aws-policy-documents", () => {
  test.each([
    ["a Sid with a space", { Sid: "One two" }, "Statement.0.Sid: a Sid is of letters and digits"],
    ["an effect of its own", { Effect: "allow" }, /^policy: Statement\.0\.Effect/],
    ["an element that there isn't", { Actions: [] }, /Unrecognized key: "Actions"/],
    ["no action", { Action: undefined }, "One: must have either Action or NotAction"],
    ["an action and all others", { NotAction: "s3:*" }, "One: must have either Action or NotAction"],
    [
      "a principal in a role's rights",
      { Principal: "*" },
      "One: Principal does not belong in a policy of kind identity",
    ],
    ["no resource", { Resource: undefined }, "One: must have either Resource or NotResource"],
    [
      "an operator that there isn't",
      { Condition: { StringIs: { "aws:username": "a" } } },
      /is no condition operator/,
    ],
    [
      "an account with a digit too few",
      { Resource: "arn:aws:ec2:us-east-1:12345678901:volume/*" },
      /12 digits/,
    ],
    ["an action that there isn't", { Action: "ec2:DestroyVolume" }, "One: ec2:DestroyVolume is no action"],
    ["a service that there isn't", { Action: "ec3:DeleteVolume" }, "One: ec3:DeleteVolume is no action"],
    [
      "a resource of another action",
      { Resource: "arn:aws:ec2:us-east-1:123456789012:subnet/*" },
      "One: ec2:DeleteVolume is never about arn:aws:ec2:us-east-1:123456789012:subnet/*",
    ],
    [
      "a condition key of another action",
      { Condition: { StringEquals: { "kms:ViaService": "s3" } } },
      "One: ec2:DeleteVolume has no condition key kms:ViaService",
    ],
  ])("refuses %s", async (_, changes, message) => {
    const told = await judge(awsPolicyDocuments, rights(changes));
    const wanted = typeof message === "string" ? `policy: ${message}` : expect.stringMatching(message);
    expect(told).toContainEqual(wanted);
  });

  test("refuses two statements of one Sid, another version, and what is no JSON", async () => {
    expect(await judge(awsPolicyDocuments, rights({}, right))).toEqual(["policy: Sid One: stands twice"]);
    const given = (policy: string) => judge(awsPolicyDocuments, { ...rights(), inputs: { policy } });
    expect(await given('{"Version": "2008-10-17", "Statement": []}')).toEqual([
      expect.stringContaining("Version: must be 2012-10-17"),
      expect.stringContaining("Statement"),
    ]);
    expect(await given("{")).toEqual(["policy: is no JSON"]);
  });

  test("refuses trust that names a resource, and a bucket's policy that names nobody", async () => {
    const Principal = { Service: "ec2.amazonaws.com" };
    expect(await judge(awsPolicyDocuments, trust({ Principal, Resource: "*" }))).toEqual([
      "assumeRolePolicy: #1: Resource does not belong in a policy of kind trust",
    ]);
    expect(await judge(awsPolicyDocuments, bucket({}))).toEqual([
      "policy: #1: must have either Principal or NotPrincipal",
    ]);
  });
});

describe("aws-no-wildcard-write", () => {
  const all = "One: ec2:DeleteVolume changes all that is";
  test.each([
    ["every resource", { Resource: "*", Condition: undefined }, `${all} *, and no condition says which`],
    ["a kind as a whole", { Condition: undefined }, `${all} ${volumes}, and no condition says which`],
    [
      "a condition that also holds for what has no tag",
      { Condition: { StringEqualsIfExists: { "aws:ResourceTag/Owner": "us" } } },
      `${all} ${volumes}, and no condition says which`,
    ],
    [
      "a condition that says nothing of which",
      { Condition: { StringEquals: { "aws:RequestedRegion": "us-east-1" } } },
      `${all} ${volumes}, and no condition says which`,
    ],
    [
      "a pattern that changes",
      { Action: "ec2:Delete*" },
      "One: ec2:Delete* stands for actions that nobody has read",
    ],
    ["a whole service", { Action: "ec2:*" }, "One: ec2:* stands for actions that nobody has read"],
    ["everything", { Action: "*" }, "One: * stands for actions that nobody has read"],
    [
      "all but",
      { Action: undefined, NotAction: "iam:*" },
      "One: NotAction allows everything but what it names",
    ],
    [
      "roles for any service",
      { Action: "iam:PassRole", Resource: "arn:aws:iam::123456789012:role/node", Condition: undefined },
      "One: iam:PassRole hands roles to any service: iam:PassedToService says to which",
    ],
  ])("refuses %s", async (_, changes, message) => {
    expect(await judge(awsNoWildcardWrite, rights(changes))).toContain(message);
  });

  test.each([
    ["reading everything", { Action: ["ec2:DescribeVolumes"], Resource: "*", Condition: undefined }],
    ["a pattern that only reads", { Action: "ec2:Describe*", Resource: "*", Condition: undefined }],
    ["objects of one bucket", { Action: "s3:PutObject", Resource: "arn:aws:s3:::b/*", Condition: undefined }],
    ["denying everything", { Effect: "Deny", Action: "*", Resource: "*", Condition: undefined }],
    [
      "a role for one service",
      {
        Action: "iam:PassRole",
        Resource: "arn:aws:iam::123456789012:role/node",
        Condition: { StringEquals: { "iam:PassedToService": "ec2.amazonaws.com" } },
      },
    ],
  ])("allows %s", async (_, changes) => {
    expect(await judge(awsNoWildcardWrite, rights(changes))).toEqual([]);
  });

  test("asks for no reason twice: what is accepted for one statement is not for another", async () => {
    const tag = (Sid: string) => ({
      ...rights({ Sid, Action: "ec2:CreateTags", Condition: undefined }),
      name: "vpc-cni-access",
    });
    expect(await judge(awsNoWildcardWrite, tag("Tag"))).toEqual([]);
    expect(await judge(awsNoWildcardWrite, tag("TagAll"))).toHaveLength(1);
    expect(await judge(awsNoWildcardWrite, { ...tag("Tag"), name: "other" })).toHaveLength(1);
  });
});

describe("aws-narrow-trust", () => {
  const service = (Service: string) => ({ Principal: { Service } });
  const acts = "acts for any account: aws:SourceAccount or aws:SourceArn says for which";
  test.each([
    ["everybody", trust({ Principal: "*" }), "#1: * is everybody in the world"],
    ["everybody in long", trust({ Principal: { AWS: "*" } }), "#1: * is everybody in the world"],
    ["a service for any account", trust(service("eks.amazonaws.com")), `#1: eks.amazonaws.com ${acts}`],
    [
      "a service for any account, with a condition that may be missing",
      trust({
        ...service("eks.amazonaws.com"),
        Condition: { StringEqualsIfExists: { "aws:SourceAccount": "123456789012" } },
      }),
      `#1: eks.amazonaws.com ${acts}`,
    ],
    [
      "pods of any namespace",
      trust({
        ...service("pods.eks.amazonaws.com"),
        Condition: { StringEquals: { "aws:RequestTag/eks-cluster-name": "c" } },
      }),
      expect.stringContaining("#1: pods.eks.amazonaws.com is every pod of every cluster"),
    ],
    ["a public bucket", bucket({ Principal: "*" }), "#1: * is everybody in the world"],
    [
      "a bucket for a service",
      bucket(service("logging.s3.amazonaws.com")),
      `#1: logging.s3.amazonaws.com ${acts}`,
    ],
  ])("refuses %s", async (_, resource, message) => {
    expect(await judge(awsNarrowTrust, resource)).toEqual([message]);
  });

  test("allows a service for one account, an organization, and denying everybody", async () => {
    const StringEquals = { "aws:SourceAccount": "123456789012" };
    for (const resource of [
      trust({ ...service("eks.amazonaws.com"), Condition: { StringEquals } }),
      bucket({ Principal: "*", Condition: { StringEquals: { "aws:PrincipalOrgID": "o-a1b2c3d4e5" } } }),
      bucket({ Principal: "*", Effect: "Deny" }),
    ]) {
      expect(await judge(awsNarrowTrust, resource)).toEqual([]);
    }
  });
});

describe("ARNs with wildcards", () => {
  const form = (resource: string) => `arn:\${Partition}:ec2:\${Region}:\${Account}:${resource}`;
  const volume = form(`volume/\${Id}`);
  const bucketForm = `arn:\${Partition}:s3:::\${BucketName}`;
  const objectForm = `${bucketForm}/\${ObjectName}`;
  test.each([
    ["arn:aws:ec2:us-east-1:*:volume/*", volume, true, true],
    ["arn:aws:ec2:us-east-1:*:volume/vol-1", volume, true, false],
    ["arn:aws:ec2:*:*:*", volume, true, true],
    ["arn:aws:ec2:us-east-1:*:vol*", volume, true, true],
    ["arn:aws:ec2:us-east-1:*:subnet/*", volume, false, false],
    ["arn:aws:s3:::b/*", bucketForm, false, false],
    ["arn:aws:s3:::b/*", objectForm, true, false],
    ["arn:aws:s3:::*/*", objectForm, true, true],
    ["arn:aws:s3:::b/one?", objectForm, true, false],
  ])("%s of %s: touched %s, covered %s", (arn, of, touched, covered) => {
    expect([touches(arn, of), covers(arn, of)]).toEqual([touched, covered]);
  });
});
