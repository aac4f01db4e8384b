import { describe, expect, test } from "vitest";
import { policies } from "../../policy/policies.ts";
import { awsRequiredTags, requiredTags } from "../../policy/rules/awsRequiredTags.ts";
import { kubernetesRequiredLabels, requiredLabels } from "../../policy/rules/kubernetesRequiredLabels.ts";
import { environments } from "../../spec/platform.ts";
import { judge, withArns } from "../support/policy.ts";
import { renderStack } from "../support/stacks.ts";

const all = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, "x"]));
const without = (names: readonly string[], name: string) => all(names.filter((other) => other !== name));

test("the pack consists of these rules", () => {
  expect(policies.map(({ enforcementLevel, name }) => `${name}: ${enforcementLevel}`)).toEqual([
    "aws-required-tags: mandatory",
    "aws-policy-documents: mandatory",
    "aws-no-wildcard-write: mandatory",
    "aws-narrow-trust: mandatory",
    "kubernetes-required-labels: mandatory",
  ]);
});

describe("aws-required-tags", () => {
  const bucket = (tags?: unknown) => ({
    type: "aws:s3/bucket:Bucket",
    name: "b",
    inputs: tags === undefined ? {} : { tags },
  });

  test("is content with all tags", async () => {
    expect(await judge(awsRequiredTags, bucket(all(requiredTags)))).toEqual([]);
  });

  test.each(requiredTags)("misses %s", async (tag) => {
    expect(await judge(awsRequiredTags, bucket(without(requiredTags, tag)))).toEqual([`has no tag ${tag}`]);
    expect(await judge(awsRequiredTags, bucket({ ...all(requiredTags), [tag]: "" }))).toEqual([
      `has no tag ${tag}`,
    ]);
  });

  test("names all tags that a resource without any misses", async () => {
    expect(await judge(awsRequiredTags, bucket())).toEqual([`has no tag ${requiredTags.join(", ")}`]);
  });

  test("leaves alone what can't be tagged", async () => {
    const inputs = { bucket: "b" };
    expect(
      await judge(awsRequiredTags, { type: "aws:s3/bucketPolicy:BucketPolicy", name: "p", inputs }),
    ).toEqual([]);
  });
});

describe("kubernetes-required-labels", () => {
  const metadata = { labels: all(requiredLabels) };
  const deployment = (inputs: Record<string, unknown>) => ({
    type: "kubernetes:apps/v1:Deployment",
    name: "d",
    inputs,
  });

  test.each(requiredLabels)("misses %s on the object and on its pods", async (label) => {
    const bare = { labels: without(requiredLabels, label) };
    expect(
      await judge(
        kubernetesRequiredLabels,
        deployment({ metadata: bare, spec: { template: { metadata: bare } } }),
      ),
    ).toEqual([`has no label ${label}`, `makes pods without label ${label}`]);
  });

  test("is content with all labels", async () => {
    expect(
      await judge(kubernetesRequiredLabels, deployment({ metadata, spec: { template: { metadata } } })),
    ).toEqual([]);
  });

  test("judges objects only", async () => {
    for (const type of [
      "random:index/randomPassword:RandomPassword",
      "kubernetes:yaml:ConfigFile",
      "pulumi:pulumi:Stack",
    ]) {
      expect(await judge(kubernetesRequiredLabels, { type, name: "x", inputs: {} })).toEqual([]);
    }
  });
});

describe("our own environments", () => {
  test.each(environments)("%s violates no rule", async (environment) => {
    const resources = await renderStack(environment);
    for (const policy of policies) {
      for (const resource of resources) {
        expect(
          await judge(policy, { ...resource, inputs: withArns(resource.inputs) }),
          `${policy.name} on ${resource.type} ${resource.name}`,
        ).toEqual([]);
      }
    }
  });
});
