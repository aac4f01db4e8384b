import { describe, expect, test } from "vitest";
import { failureOf } from "../../doctor/failure.ts";

const error = (name: string, message = "", more: object = {}) =>
  Object.assign(new Error(message), { name, ...more });
const action = "ec2:DescribeRegions";

describe("an error of the AWS SDK", () => {
  test.each([
    [error("CredentialsProviderError", "Could not load credentials from any providers"), "missing"],
    [error("CredentialsProviderError", "Could not resolve credentials using profile: [x]"), "credentials"],
    [error("ExpiredTokenException"), "credentials"],
    // EC2 answers 401 to keys that it doesn't know, others 403.
    [error("InvalidClientTokenId", "", { $metadata: { httpStatusCode: 403 } }), "credentials"],
    [error("UnauthorizedOperation"), "denied"],
    [error("403", "", { $metadata: { httpStatusCode: 403 } }), "denied"],
    [error("Error", "", { code: "ECONNREFUSED" }), "unreachable"],
    [new AggregateError([error("Error", "", { code: "ECONNREFUSED" })]), "unreachable"],
    [new Error("x", { cause: error("Error", "", { code: "ENOTFOUND" }) }), "unreachable"],
    [error("TimeoutError"), "unreachable"],
    [error("InvalidParameterValue", "no such thing"), "refused"],
    ["text", "refused"],
  ])("%s is %s", (thrown, kind) => {
    expect(failureOf(thrown, action)).toMatchObject({ kind });
  });

  test("that a policy denies outright says so: no right that is added helps", () => {
    const message =
      "User x is not authorized to perform: y with an explicit deny in a service control policy";
    expect(failureOf(error("AccessDeniedException", message), action)).toEqual({
      kind: "denied",
      action,
      explicit: true,
    });
    expect(failureOf(error("AccessDeniedException"), action)).toMatchObject({ explicit: false });
  });
});
