import { describe, expect, test } from "vitest";
import { parseArguments } from "../../doctor/arguments.ts";

test("an environment, or a file, and where its configuration is", () => {
  expect(parseArguments(["prod"])).toEqual({
    target: { kind: "environment", name: "prod" },
    configFile: undefined,
    json: false,
    timeoutSeconds: 10,
  });
  expect(
    parseArguments(["--spec", "x.json", "--json", "--config-file", "Pulumi.x.yaml", "--timeout", "2"]),
  ).toEqual({
    target: { kind: "file", file: "x.json" },
    configFile: "Pulumi.x.yaml",
    json: true,
    timeoutSeconds: 2,
  });
  expect(parseArguments(["--help"])).toBe("help");
});

describe("a call that can't be meant", () => {
  test.each([
    [[], /one environment or --spec FILE is needed/],
    [["dev", "prod"], /one environment/],
    [["dev", "--spec", "x.json"], /one environment/],
    [["prdo"], /environment prdo: unknown, did you mean prod\?/],
    [["prod", "--jsno"], /--jsno/],
    [["--spec"], /--spec/],
    [["prod", "--timeout", "soon"], /--timeout soon/],
    [["prod", "--timeout", "0"], /--timeout 0/],
  ])("%j", (args, message) => {
    expect(() => parseArguments(args)).toThrow(message);
  });
});
