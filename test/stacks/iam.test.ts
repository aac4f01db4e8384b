import { beforeAll, describe, expect, test } from "vitest";
import { accepted } from "../../policy/iam/accepted.ts";
import { carriers } from "../../policy/iam/carriers.ts";
import { documentFaults, looseTrustOf, wideGrantsOf } from "../../policy/iam/findings.ts";
import { globbed } from "../../policy/iam/reference.ts";
import { withArns } from "../support/policy.ts";
import type { Rendered } from "../support/render.ts";
import { renderStack } from "../support/stacks.ts";

const environments = ["dev", "staging", "prod"] as const;
const judged = ({ inputs, name, type }: Rendered) => ({ type, name, props: withArns(inputs) });
const shown = ({ name, type }: Rendered) => `${type} ${name}`;

/** Which property of a resource takes a role, and the service that takes the role on by it. */
const users: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "aws:eks/cluster:Cluster": { roleArn: "eks.amazonaws.com" },
  "aws:eks/nodeGroup:NodeGroup": { nodeRoleArn: "ec2.amazonaws.com" },
  "aws:ec2/flowLog:FlowLog": { iamRoleArn: "vpc-flow-logs.amazonaws.com" },
  "aws:s3/bucketReplicationConfig:BucketReplicationConfig": { role: "s3.amazonaws.com" },
  "aws:rds/instance:Instance": { monitoringRoleArn: "monitoring.rds.amazonaws.com" },
};

/** A pod's role where it is given away. */
interface PodRole {
  readonly roleArn: string;
  /** Undefined for an add-on's: EKS knows it. */
  readonly namespace?: string;
  readonly serviceAccount: string;
}

function podRoles(resources: readonly Rendered[]): PodRole[] {
  return resources.flatMap(({ inputs, type }): PodRole[] => {
    if (type === "aws:eks/podIdentityAssociation:PodIdentityAssociation") return [inputs];
    return type === "aws:eks/addon:Addon" ? (inputs.podIdentityAssociations ?? []) : [];
  });
}

describe.each(environments)("%s", (environment) => {
  let resources: Rendered[] = [];
  beforeAll(async () => {
    resources = await renderStack(environment);
  });

  test("has no policy document that nobody reads", () => {
    const documents = resources.flatMap((resource) =>
      Object.entries<unknown>(resource.inputs)
        .filter(([, value]) => JSON.stringify(value)?.includes('Statement\\"'))
        .map(([property]) => ({ resource, property })),
    );
    expect(documents.length).toBeGreaterThan(20);
    const unread = documents.filter(
      ({ property, resource }) => !carriers[resource.type]?.some((carrier) => carrier.property === property),
    );
    expect(unread.map(({ property, resource }) => `${shown(resource)} ${property}`)).toEqual([]);
  });

  test("has documents that keep to the grammar and say only what AWS knows", async () => {
    for (const resource of resources) {
      expect(await documentFaults(judged(resource)), shown(resource)).toEqual([]);
    }
  });

  test("allows no change by a wildcard, and nobody more than it names, without a written reason", async () => {
    for (const resource of resources) {
      const grants = [...(await wideGrantsOf(judged(resource))), ...(await looseTrustOf(judged(resource)))];
      expect(
        grants.filter(({ reason }) => reason === undefined),
        shown(resource),
      ).toEqual([]);
    }
  });

  test("uses every role, by the service that the role trusts", () => {
    const uses = resources.flatMap(({ inputs, type }) =>
      Object.entries(users[type] ?? {}).map(([property, service]) => `${inputs[property]} ${service}`),
    );
    for (const { roleArn } of podRoles(resources)) uses.push(`${roleArn} pods.eks.amazonaws.com`);
    const roles = resources.filter(({ type }) => type === "aws:iam/role:Role");
    expect(roles.length).toBeGreaterThan(5);
    for (const { inputs, name } of roles) {
      const [statement] = JSON.parse(inputs.assumeRolePolicy).Statement;
      expect(uses, name).toContain(`${name}-arn ${statement.Principal.Service}`);
    }
  });

  test("gives a pod's role to the service account that it trusts, and to no other", () => {
    const associations = podRoles(resources);
    expect(associations.length).toBeGreaterThan(3);
    for (const { namespace, roleArn, serviceAccount } of associations) {
      const role = resources.find(
        ({ name, type }) => type === "aws:iam/role:Role" && `${name}-arn` === roleArn,
      );
      const [statement] = JSON.parse(role?.inputs.assumeRolePolicy).Statement;
      expect(statement.Condition.StringEquals, roleArn).toMatchObject({
        ...(namespace === undefined ? {} : { "aws:RequestTag/kubernetes-namespace": namespace }),
        "aws:RequestTag/kubernetes-service-account": serviceAccount,
      });
    }
  });

  test("has no role without rights", () => {
    const withRights = resources
      .filter(({ type }) => /^aws:iam\/rolePolicy(Attachment)?:/.test(type))
      .map(({ inputs }) => inputs.role);
    for (const { inputs, type } of resources) {
      if (type === "aws:iam/role:Role") expect(withRights).toContain(inputs.name);
    }
  });
});

test("no reason is written for what isn't there any more", async () => {
  const all = (await Promise.all(environments.map((environment) => renderStack(environment)))).flat();
  const grants = await Promise.all(
    all.map(async (resource) => ({
      resource,
      found: [...(await wideGrantsOf(judged(resource))), ...(await looseTrustOf(judged(resource)))],
    })),
  );
  const unused = accepted.filter(
    ({ name, statement, type, what }) =>
      !grants.some(
        ({ found, resource }) =>
          resource.type === type &&
          globbed(name).test(resource.name) &&
          found.some((grant) => grant.statement === statement && grant.what === what),
      ),
  );
  expect(unused).toEqual([]);
});
