import { beforeAll, describe, expect, test } from "vitest";
import { globbed } from "../../policy/iam/reference.ts";
import type { Rendered } from "../support/render.ts";
import { renderStack } from "../support/stacks.ts";
import { type Accepted, accepted } from "./accepted.ts";
import { type Finding, type Scan, scan } from "./checkov.ts";
import { makesPods, manifests } from "./manifests.ts";
import { marked, type TerraformNames, terraformNames, terraformPlan } from "./terraform.ts";

const environments = ["dev", "staging", "prod"] as const;
type Environment = (typeof environments)[number];
const matches = (
  { check, environments: only = environments, resource }: Accepted,
  finding: Finding,
  environment: Environment,
) => check === finding.check && only.includes(environment) && globbed(resource).test(finding.resource);

let names: TerraformNames;
const scans = new Map<Environment, Scan>();

beforeAll(async () => {
  names = await terraformNames();
}, 60 * 60_000);

const scanned = (resources: readonly Rendered[]) =>
  scan(terraformPlan(resources, names), manifests(resources));

describe.each(environments)("checkov on %s", (environment) => {
  let resources: Rendered[] = [];
  let result: Scan;

  beforeAll(async () => {
    resources = await renderStack(environment, marked);
    result = await scanned(resources);
    scans.set(environment, result);
  }, 120_000);

  test("reads every resource", () => {
    const aws = resources.filter(({ type }) => type.startsWith("aws:"));
    const objects = manifests(resources);
    expect(aws.length).toBeGreaterThan(100);
    expect(objects.length).toBe(resources.filter(({ type }) => type.startsWith("kubernetes:")).length);
    expect(result.read).toEqual({
      terraform_plan: aws.length,
      kubernetes: objects.length + objects.filter(makesPods).length,
    });
  });

  test("has no finding without a written reason", () => {
    expect(
      result.findings.filter((finding) => !accepted.some((one) => matches(one, finding, environment))),
    ).toEqual([]);
  });
});

test("no reason is written for what isn't found any more", () => {
  const found = [...scans].flatMap(([environment, { findings }]) =>
    findings.map((finding) => ({ environment, finding })),
  );
  expect(scans.size).toBe(environments.length);
  expect(
    accepted.filter((one) => !found.some(({ environment, finding }) => matches(one, finding, environment))),
  ).toEqual([]);
});

describe("what is broken is found", () => {
  let resources: Rendered[] = [];
  let before: readonly Finding[] = [];

  beforeAll(async () => {
    resources = await renderStack("dev", marked);
    before = scans.get("dev")?.findings ?? [];
  });

  /** Findings that there are only when resources are changed; undefined takes one away. */
  async function found(change: (resource: Rendered) => Rendered | undefined): Promise<string[]> {
    const { findings } = await scanned(resources.flatMap((resource) => change(resource) ?? []));
    const known = new Set(before.map(({ check, resource }) => `${check} ${resource}`));
    return findings.map(({ check, resource }) => `${check} ${resource}`).filter((one) => !known.has(one));
  }

  test("a bucket that lets the public in, and one whose block is gone", async () => {
    const open = await found((resource) => {
      if (!resource.type.endsWith(":BucketPublicAccessBlock")) return resource;
      if (resource.name === "mlflow") return undefined;
      return { ...resource, inputs: { ...resource.inputs, blockPublicAcls: false } };
    });
    expect(open).toContain("CKV_AWS_53 aws_s3_bucket_public_access_block.dvc");
    expect(open).toContain("CKV2_AWS_6 aws_s3_bucket.mlflow");
  }, 60_000);

  test("a policy that allows everything", async () => {
    const Statement = [{ Effect: "Allow", Action: "*", Resource: "*" }];
    const policy = JSON.stringify({ Version: "2012-10-17", Statement });
    const open = await found((resource) =>
      resource.name === "vpc-cni-access" ? { ...resource, inputs: { ...resource.inputs, policy } } : resource,
    );
    expect(open).toContain("CKV_AWS_355 aws_iam_role_policy.vpc-cni-access");
  }, 60_000);

  test("a privileged pod", async () => {
    const open = await found((resource) => {
      if (!resource.type.endsWith(":Deployment") || resource.name !== "mlflow") return resource;
      const { inputs } = resource;
      const containers = inputs.spec.template.spec.containers.map((container: object) => ({
        ...container,
        securityContext: { privileged: true },
      }));
      const template = { ...inputs.spec.template, spec: { ...inputs.spec.template.spec, containers } };
      return { ...resource, inputs: { ...inputs, spec: { ...inputs.spec, template } } };
    });
    expect(open).toContain("CKV_K8S_16 Deployment.ai-tracking.mlflow");
  }, 60_000);
});
