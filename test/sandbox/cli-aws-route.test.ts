import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { leadsToSimulated, ownCredentials } from "../../sandbox/cli/aws/environment.ts";
import { commandOf, type Run, routeOf } from "../../sandbox/cli/aws/route.ts";

/** Where a run of pulumi goes: never to an account or a state that was not meant. */

const run = (changes: Partial<Run>): Run => ({
  command: "up",
  options: [],
  stack: "dev",
  backend: undefined,
  credentials: [],
  led: false,
  running: true,
  ...changes,
});

test.each([
  [["up", "-s", "dev"], "up"],
  [["--color", "never", "up"], "up"],
  [["-C", "up", "preview"], "preview"],
  [["-s", "up", "stack", "output"], "stack"],
  [["--non-interactive", "pre"], "preview"],
  [["update"], "up"],
  [["down"], "destroy"],
  [["--help"], ""],
  [[], ""],
])("the command of %j is %j", (args, command) => {
  expect(commandOf(args)).toBe(command);
});

describe("a stack of an AWS environment", () => {
  test.each(["up", "preview", "refresh", "destroy", "import", "stack", "state", "cancel"])(
    "goes to the simulated AWS where one runs: %s",
    (command) => {
      expect(routeOf(run({ command }))).toEqual({ to: "simulated", stack: "dev" });
    },
  );

  test.each(["config", "login", "version", "new", ""])("%s is pulumi's own affair", (command) => {
    expect(routeOf(run({ command }))).toEqual({ to: "project" });
  });

  test("goes to the user's backend where there is one", () => {
    expect(routeOf(run({ backend: "s3://mine", credentials: ["AWS_PROFILE"] }))).toEqual({ to: "project" });
    expect(routeOf(run({ stack: "org/ai-platform/dev" }))).toEqual({ to: "project" });
  });

  test("does not mix a real state with simulated resources", () => {
    expect(routeOf(run({ backend: "s3://mine", led: true }))).toMatchObject({
      to: "nowhere",
      why: expect.stringContaining("s3://mine"),
    });
  });

  test("does not guess between an account and the simulated AWS", () => {
    expect(routeOf(run({ credentials: ["AWS_PROFILE"] }))).toMatchObject({
      to: "nowhere",
      why: expect.stringContaining("the account of AWS_PROFILE"),
      remedy: [expect.stringContaining("unset AWS_PROFILE"), expect.stringContaining("PULUMI_BACKEND_URL")],
    });
    expect(routeOf(run({ command: "preview", credentials: ["AWS_PROFILE"] }))).toEqual({ to: "aside" });
  });

  test("does not come up with a state that nobody keeps", () => {
    expect(routeOf(run({ running: false }))).toMatchObject({
      to: "nowhere",
      remedy: [expect.stringContaining("npm run aws -- start"), expect.anything()],
    });
    expect(routeOf(run({ running: false, command: "preview" }))).toEqual({ to: "aside" });
    expect(routeOf(run({ running: false, options: ["--preview-only"] }))).toEqual({ to: "aside" });
  });

  test("has to be named while the simulated AWS runs", () => {
    expect(routeOf(run({ stack: undefined }))).toMatchObject({
      to: "nowhere",
      why: expect.stringContaining("which stack"),
    });
    expect(routeOf(run({ stack: undefined, running: false }))).toEqual({ to: "project" });
    expect(routeOf(run({ stack: undefined, options: ["--help"] }))).toEqual({ to: "project" });
  });
});

const runs = fc.record({
  command: fc.constantFrom(
    "up",
    "preview",
    "refresh",
    "destroy",
    "import",
    "stack",
    "state",
    "cancel",
    "config",
  ),
  options: fc.constantFrom([], ["--preview-only"]),
  stack: fc.constantFrom("dev", "staging", "prod"),
  backend: fc.constantFrom(undefined, "s3://mine", "file:///mine"),
  credentials: fc.constantFrom([], ["AWS_PROFILE"], ["AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN"]),
  led: fc.boolean(),
  running: fc.boolean(),
});

test("nothing changes an environment but in the simulated AWS, or with a backend of the user's own", () => {
  fc.assert(
    fc.property(runs, (given) => {
      const changes =
        ["up", "refresh", "destroy", "import"].includes(given.command) && given.options.length === 0;
      const { to } = routeOf(given);
      if (changes && given.backend === undefined) expect(["simulated", "nowhere"]).toContain(to);
      if (to === "simulated") {
        expect(given).toMatchObject({ running: true, backend: undefined, credentials: [] });
      }
      if (to === "project" && changes) expect(given.led).toBe(false);
    }),
  );
});

test("the stack local never meets the simulated AWS", () => {
  fc.assert(
    fc.property(runs, (given) => {
      expect(routeOf({ ...given, stack: "local" })).toEqual({ to: "project" });
    }),
  );
});

describe("the shell's variables", () => {
  const simulated = { AWS_ENDPOINT_URL: "http://127.0.0.1:1", AWS_ACCESS_KEY_ID: "simulated" };

  test.each([
    [{ AWS_PROFILE: "work" }, ["AWS_PROFILE"]],
    [{ AWS_ACCESS_KEY_ID: "AKIA", AWS_SESSION_TOKEN: "t" }, ["AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN"]],
    [{ AWS_ROLE_ARN: "arn:aws:iam::1:role/r" }, ["AWS_ROLE_ARN"]],
    [{ AWS_REGION: "us-east-1", AWS_PROFILE: "" }, []],
    [simulated, []],
  ])("of %j are of an account: %j", (env, expected) => {
    expect(ownCredentials(env)).toEqual(expected);
  });

  test("lead to the simulated AWS only as it sets them itself", () => {
    expect(leadsToSimulated(simulated)).toBe(true);
    expect(leadsToSimulated({ ...simulated, AWS_ACCESS_KEY_ID: "AKIA" })).toBe(false);
    expect(leadsToSimulated({ AWS_ACCESS_KEY_ID: "simulated" })).toBe(false);
  });
});
