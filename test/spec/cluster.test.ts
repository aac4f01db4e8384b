import { expect, test } from "vitest";
import { parsePlatform, SpecError } from "../../spec/parse.ts";
import type { AwsPlatformInput } from "../../spec/platform.ts";

const described = (cluster: AwsPlatformInput["cluster"]) =>
  parsePlatform(
    {
      environment: "dev",
      ownership: { owner: "platform-team", costCenter: "ml-infrastructure" },
      cloud: { region: "us-east-1" },
      gateway: { host: "ai.example.com" },
      cluster,
    },
    "test",
  );

function faultsOf(cluster: AwsPlatformInput["cluster"]): [string, string][] {
  try {
    described(cluster);
    return [];
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    return error.faults.map(({ path, problem }) => [path, problem]);
  }
}

test("administrators are roles and users of any partition, with or without a path", () => {
  expect(
    faultsOf({
      admins: [
        "arn:aws:iam::123456789012:role/platform-admin",
        "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef",
        "arn:aws-cn:iam::123456789012:user/ci",
      ],
    }),
  ).toEqual([]);
});

test.each([
  "platform-admin",
  "arn:aws:iam::123456789012:root",
  "arn:aws:sts::123456789012:assumed-role/platform-admin/me",
  "arn:aws:iam::12345:role/platform-admin",
])("%s is no administrator", (arn) => {
  expect(faultsOf({ admins: [arn] })).toEqual([
    ["cluster.admins[0]", expect.stringContaining("the ARN of an IAM role or user")],
  ]);
});

test("ranges that reach the API server have no bits behind their prefix, inside or outside", () => {
  expect(faultsOf({ publicAccessCidrs: ["203.0.113.9/24"], privateAccessCidrs: ["192.168.1.1/16"] })).toEqual(
    [
      ["cluster.publicAccessCidrs[0]", "has bits set behind its prefix: write 203.0.113.0/24"],
      ["cluster.privateAccessCidrs[0]", "has bits set behind its prefix: write 192.168.0.0/16"],
    ],
  );
});
