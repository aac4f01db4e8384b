import { expect, test } from "vitest";
import type { Rendered } from "../support/render.ts";
import { marked, type TerraformNames, terraformPlan } from "./terraform.ts";

const plain = { list: false, collection: false };
const names: TerraformNames = {
  types: {
    "aws:s3/bucket:Bucket": "aws_s3_bucket",
    "aws:s3/bucketLogging:BucketLogging": "aws_s3_bucket_logging",
    "aws:kms/key:Key": "aws_kms_key",
  },
  resources: {
    "aws:kms/key:Key": { enableKeyRotation: { ...plain, terraform: "enable_key_rotation" } },
    "aws:s3/bucket:Bucket": {
      bucket: { ...plain, terraform: "bucket" },
      tags: { ...plain, terraform: "tags" },
      kmsKey: { ...plain, terraform: "kms_key" },
      rules: {
        terraform: "rule",
        list: true,
        collection: true,
        object: {
          theKey: { ...plain, terraform: "the_key" },
          filter: {
            terraform: "filter",
            list: false,
            collection: true,
            object: { byPrefix: { ...plain, terraform: "by_prefix" } },
          },
        },
      },
    },
    "aws:s3/bucketLogging:BucketLogging": { bucket: { ...plain, terraform: "bucket" } },
  },
};
const resource = (type: string, name: string, inputs: object): Rendered => ({
  type,
  name,
  inputs,
  secrets: [],
});
const arn = `${marked("aws:kms/key:Key", "data")}-arn`;
const bucket = (inputs: object) => resource("aws:s3/bucket:Bucket", "b", { bucket: "b-name", ...inputs });
const planOf = (...resources: Rendered[]) => {
  const { configuration, planned_values } = terraformPlan(resources, names);
  return {
    values: planned_values.root_module.resources.map(({ values }) => values),
    expressions: configuration.root_module.resources.map(({ expressions }) => expressions),
    addresses: planned_values.root_module.resources.map(({ address }) => address),
  };
};

test("properties have Terraform's names at every depth, a lone block is a list, and keys of a map stay", () => {
  const rules = [{ theKey: "k", filter: { byPrefix: "p" } }];
  expect(planOf(bucket({ rules, tags: { CostCenter: "c" } })).values).toEqual([
    {
      bucket: "b-name",
      rule: [{ the_key: "k", filter: [{ by_prefix: "p" }] }],
      tags: { CostCenter: "c" },
    },
  ]);
});

test("what AWS generates is a reference: in the place of a property, and inside one", () => {
  const plan = planOf(
    resource("aws:kms/key:Key", "data", { enableKeyRotation: true }),
    bucket({ kmsKey: arn, rules: [{ theKey: arn }] }),
  );
  expect(plan.addresses).toEqual(["aws_kms_key.data", "aws_s3_bucket.b"]);
  expect(plan.values[1]).toEqual({ bucket: "b-name", rule: [{ the_key: "aws_kms_key.data.arn" }] });
  const references = ["aws_kms_key.data.arn", "aws_kms_key.data"];
  expect(plan.expressions[1]).toEqual({ kms_key: { references }, rule: { references } });
});

test("a name that another resource carries is a reference to it, and stays known", () => {
  const logging = resource("aws:s3/bucketLogging:BucketLogging", "l", { bucket: "b-name" });
  const plan = planOf(bucket({}), logging);
  expect(plan.values[1]).toEqual({ bucket: "b-name" });
  expect(plan.expressions).toEqual([{}, { bucket: { references: ["aws_s3_bucket.b"] } }]);
});

test("only AWS resources are in it, and one that Terraform doesn't have is refused", () => {
  expect(planOf(resource("kubernetes:core/v1:Secret", "s", {})).values).toEqual([]);
  expect(() => planOf(resource("aws:x/y:Z", "z", {}))).toThrow("aws:x/y:Z is no type");
  expect(() => planOf(bucket({ colour: "red" }))).toThrow("has no property colour in Terraform");
});
