import * as pulumi from "@pulumi/pulumi";
import { afterEach, describe, expect, test } from "vitest";
import { awsCliSettings } from "../../../components/foundation/kubeconfig.ts";

const configured = (config: Readonly<Record<string, string>>) => {
  pulumi.runtime.setAllConfig(config);
  return awsCliSettings();
};

afterEach(() => pulumi.runtime.setAllConfig({}));

describe("the AWS command line gets to the account as the provider does", () => {
  test("by the stack's profile, role and endpoint", () => {
    expect(
      configured({
        "aws:profile": "platform",
        "aws:assumeRoles": JSON.stringify([{ roleArn: "arn:aws:iam::123456789012:role/deployer" }]),
        "aws:endpoints": JSON.stringify([{ ec2: "http://localhost:1", sts: "http://localhost:2" }]),
      }),
    ).toEqual({
      profile: "platform",
      roleArn: "arn:aws:iam::123456789012:role/deployer",
      stsEndpoint: "http://localhost:2",
    });
  });

  test("by the environment's own where the stack says nothing", () => {
    expect(configured({})).toEqual({ profile: undefined, roleArn: undefined, stsEndpoint: undefined });
  });

  test("not by a chain of roles, which is refused with what to do", () => {
    const chain = JSON.stringify([
      { roleArn: "arn:aws:iam::1:role/a" },
      { roleArn: "arn:aws:iam::2:role/b" },
    ]);
    expect(() => configured({ "aws:assumeRoles": chain })).toThrow(/aws:assumeRoles has a chain of roles/);
  });
});
