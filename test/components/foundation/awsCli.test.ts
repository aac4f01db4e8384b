import * as pulumi from "@pulumi/pulumi";
import { afterEach, describe, expect, test } from "vitest";
import { awsCli } from "../../../components/foundation/awsCli.ts";

/** As Pulumi hands a stack's configuration on: objects as JSON. */
const configured = (config: Readonly<Record<string, unknown>>) => {
  const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  pulumi.runtime.setAllConfig(
    Object.fromEntries(Object.entries(config).map(([name, value]) => [`aws:${name}`, text(value)])),
  );
  return awsCli();
};
const roleArn = "arn:aws:iam::123456789012:role/deployer";

afterEach(() => pulumi.runtime.setAllConfig({}));

describe("the AWS command line gets to the account as the provider does", () => {
  test("by the stack's profile, role, files and endpoints", () => {
    expect(
      configured({
        profile: "platform",
        assumeRoles: [{ roleArn }],
        sharedConfigFiles: ["/etc/aws/config"],
        sharedCredentialsFiles: ["/etc/aws/credentials"],
        endpoints: [{ ec2: "http://localhost:1", sts: "http://localhost:2" }],
        useFipsEndpoint: "true",
        useDualstackEndpoint: true,
        defaultTags: { tags: { a: "b" } },
      }),
    ).toEqual({
      options: ["--profile", "platform"],
      tokenOptions: ["--role-arn", roleArn],
      env: {
        AWS_CONFIG_FILE: "/etc/aws/config",
        AWS_SHARED_CREDENTIALS_FILE: "/etc/aws/credentials",
        AWS_ENDPOINT_URL_STS: "http://localhost:2",
        AWS_USE_FIPS_ENDPOINT: "true",
        AWS_USE_DUALSTACK_ENDPOINT: "true",
      },
    });
  });

  test("by a web identity's token file", () => {
    const web = { roleArn, sessionName: "ci", webIdentityTokenFile: "/var/run/token" };
    expect(configured({ assumeRoleWithWebIdentity: web }).env).toEqual({
      AWS_ROLE_ARN: roleArn,
      AWS_ROLE_SESSION_NAME: "ci",
      AWS_WEB_IDENTITY_TOKEN_FILE: "/var/run/token",
    });
  });

  test("by the environment's own where the stack says nothing", () => {
    expect(configured({})).toEqual({ options: [], tokenOptions: [], env: {} });
  });
});

describe("what the AWS command line can't be told is refused, with what to do", () => {
  test.each([
    [{ assumeRoles: [{ roleArn }, { roleArn }] }, "aws:assumeRoles = 2 roles: one role"],
    [{ assumeRoles: [{ roleArn, externalId: "abc" }] }, 'aws:assumeRoles[0].externalId = "abc": one role'],
    [{ assumeRoles: [{ roleArn, sessionName: "me" }] }, 'aws:assumeRoles[0].sessionName = "me": one role'],
    [{ assumeRoles: [{ roleArn, tags: { a: "b" } }] }, 'aws:assumeRoles[0].tags = {"a":"b"}: one role'],
    [{ accessKey: "AKIA" }, "aws:accessKey = a credential: no keys"],
    [{ secretKey: "wJalr" }, "aws:secretKey = a credential: no keys"],
    [{ token: "IQoJ" }, "aws:token = a credential: no keys"],
    [
      { assumeRoleWithWebIdentity: { roleArn, webIdentityToken: "eyJh" } },
      "aws:assumeRoleWithWebIdentity.webIdentityToken = a token: webIdentityTokenFile",
    ],
    [{ sharedConfigFiles: ["/a", "/b"] }, 'aws:sharedConfigFiles = ["/a","/b"]: one file'],
    [{ endpoints: [{ sts: "nowhere" }] }, 'aws:endpoints[0].sts = "nowhere"'],
  ])("%j", (config, message) => {
    expect(() => configured(config)).toThrow(message);
    expect(() => configured(config)).toThrow(pulumi.RunError);
  });

  test("all of it at once, and never a credential itself", () => {
    const refused = () => configured({ accessKey: "AKIA", secretKey: "wJalr", profile: "p" });
    expect(refused).toThrow("has 2 faults");
    expect(refused).not.toThrow(/AKIA|wJalr/);
  });
});
