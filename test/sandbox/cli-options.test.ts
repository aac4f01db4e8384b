import { describe, expect, test } from "vitest";
import { z } from "zod";
import { commands } from "../../sandbox/cli/commands.ts";
import {
  describeOptions,
  flag,
  parseOptions,
  port,
  text,
  UsageError,
  unknown,
} from "../../sandbox/cli/options.ts";

const schema = z.strictObject({
  context: text("NAME", "a context"),
  apiPort: port("a port"),
  verbose: flag("more"),
});
const parse = (...args: string[]) => parseOptions("start", schema, args);

describe("options", () => {
  test("values come after a space or an equals sign, names are kebab-case", () => {
    expect(parse("--api-port", "7000", "--context=kind-x", "--verbose").options).toEqual({
      apiPort: 7000,
      context: "kind-x",
      verbose: true,
    });
  });

  test("what is not given is absent, a flag is false", () => {
    expect(parse().options).toEqual({ verbose: false });
  });

  test("words are kept apart, and everything after -- is a word", () => {
    expect(parse("unit", "--verbose", "--", "--x").words).toEqual(["unit", "--x"]);
  });

  test.each([
    [["--contxt", "a"], /unknown option --contxt\. Did you mean --context\?/],
    [["-v"], /unknown option -v/],
    [["--qqqqqqqqqq"], /Valid: --context, --api-port, --verbose/],
    [["--context"], /--context needs a value/],
    [["--context", ""], /--context .*must not be empty/],
    [["--verbose=1"], /--verbose takes no value/],
    [["--api-port", "0"], /--api-port 0: a port is a number from 1 to 65535/],
    [["--api-port", "http"], /--api-port http: a port is a number/],
    [["--api-port", "80.5"], /whole number/],
  ])("%j is refused", (args, message) => {
    expect(() => parse(...args)).toThrow(UsageError);
    expect(() => parse(...args)).toThrow(message);
  });

  test("help names every option with its value", () => {
    expect(describeOptions(schema)).toEqual([
      "  --context NAME  a context",
      "  --api-port N    a port",
      "  --verbose       more",
    ]);
  });
});

describe("nearest names", () => {
  test.each([
    ["strat", "start"],
    ["stats", "status"],
    ["cleen", "clean"],
    ["destory", "destroy"],
    ["tests", "test"],
  ])("%s means %s", (given, meant) => {
    expect(unknown("x", given, Object.keys(commands))).toBe(`x. Did you mean ${meant}?`);
  });

  test("nothing is guessed from far away", () => {
    expect(unknown("x", "terraform-apply", ["start", "stop"])).toBe("x. Valid: start, stop");
  });
});
