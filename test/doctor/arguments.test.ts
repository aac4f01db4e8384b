import { describe, expect, test } from "vitest";
import { parseArguments } from "../../doctor/arguments.ts";

test("an environment, or a file, and where its configuration is", () => {
  expect(parseArguments(["prod"])).toEqual({
    target: { kind: "environment", name: "prod" },
    configFile: undefined,
    json: false,
  });
  expect(parseArguments(["--spec", "x.json", "--json", "--config-file", "Pulumi.x.yaml"])).toEqual({
    target: { kind: "file", file: "x.json" },
    configFile: "Pulumi.x.yaml",
    json: true,
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
  ])("%j", (args, message) => {
    expect(() => parseArguments(args)).toThrow(message);
  });
});
