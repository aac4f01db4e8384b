import { describe, expect, test } from "vitest";
import { parseProvider } from "../../doctor/provider/config.ts";
import { endpointOf } from "../../spec/provider/settings.ts";

const parse = (...lines: readonly string[]) =>
  parseProvider(["config:", ...lines.map((line) => `  ${line}`)].join("\n"), "Pulumi.prod.yaml");

describe("the provider's configuration", () => {
  test("is all defaults where nothing is written", () => {
    const nothing = { assumeRoles: [], endpoints: [], allowedAccountIds: [], forbiddenAccountIds: [] };
    expect(parseProvider("", "Pulumi.prod.yaml")).toEqual(nothing);
    expect(parse("ai-platform:x: 1")).toEqual(nothing);
  });

  test("is read as Pulumi reads it, other settings left alone", () => {
    expect(
      parse(
        "aws:region: eu-central-1",
        "aws:profile: prod",
        "aws:defaultTags: {tags: {a: b}}",
        "kubernetes:context: x",
        "aws:assumeRoles:",
        "  - roleArn: arn:aws:iam::123456789012:role/deploy",
        "    externalId: abc",
        "    duration: 1h",
      ),
    ).toMatchObject({
      region: "eu-central-1",
      profile: "prod",
      assumeRoles: [{ roleArn: "arn:aws:iam::123456789012:role/deploy", externalId: "abc" }],
    });
  });

  test("may hold lists and flags in text, as `pulumi config set` writes them", () => {
    expect(
      parse(
        `aws:endpoints: '[{"ec2":"http://127.0.0.1:4566"}]'`,
        `aws:allowedAccountIds: '["123456789012"]'`,
        `aws:s3UsePathStyle: "true"`,
      ),
    ).toMatchObject({
      endpoints: [{ ec2: "http://127.0.0.1:4566" }],
      allowedAccountIds: ["123456789012"],
      s3UsePathStyle: true,
    });
  });

  test("may hold account ids as numbers, whose leading zeros YAML drops", () => {
    expect(parse("aws:allowedAccountIds: [12345678901]").allowedAccountIds).toEqual(["012345678901"]);
  });

  test.each([
    [["aws:endpoints: [{ec2: nowhere}]"], 'aws:endpoints[0].ec2 = "nowhere"'],
    [["aws:profile: 3"], "aws:profile = 3"],
    [["aws:assumeRoles: [{roleArn: deploy}]"], 'aws:assumeRoles[0].roleArn = "deploy"'],
    [["aws:secretKey: {secure: v1:abc}"], "aws:secretKey = a secret: only Pulumi can decrypt it"],
    [["aws:profile: [", "x"], "(the whole)"],
  ])("%j is refused with its place", (lines, message) => {
    expect(() => parse(...lines)).toThrow(message);
  });

  test("tells every fault at once", () => {
    expect(() => parse("aws:profile: 3", "aws:token: {secure: x}")).toThrow(/2 faults/);
  });

  test("gives a service the last endpoint that names it", () => {
    const config = parse("aws:endpoints: [{ec2: 'http://a'}, {ec2: 'http://b', s3: 'http://c'}]");
    expect(endpointOf(config, "ec2")).toBe("http://b");
    expect(endpointOf(config, "sts")).toBeUndefined();
  });
});
