import { describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { quotas } from "../../catalog/quotas.ts";
import type { AwsCall } from "../../sandbox/aws/calls.ts";
import { offers } from "../../sandbox/aws/offers.ts";
import type { AwsApi } from "../../sandbox/cli/aws/api.ts";
import { choose, reasonOf, renderCalls, renderSummary, summaryOf } from "../../sandbox/cli/aws/calls.ts";
import { shellLines } from "../../sandbox/cli/aws/env.ts";
import { cleared, renderFaults } from "../../sandbox/cli/aws/fault.ts";
import { describeFault, type FaultOptions, parseFault } from "../../sandbox/cli/aws/faults.ts";
import { selfContained } from "../../sandbox/cli/aws/kubeconfig.ts";
import { changed, renderQuotas } from "../../sandbox/cli/aws/quota.ts";
import { renderAwsStatus } from "../../sandbox/cli/aws/status.ts";
import { command, group } from "../../sandbox/cli/command.ts";
import { commands } from "../../sandbox/cli/commands.ts";
import { UsageError } from "../../sandbox/cli/options.ts";

/** What the commands of the simulated AWS understand and show. */

describe("a group of commands", () => {
  const ran = vi.fn(async () => 0);
  const made = group({
    call: "npm run thing --",
    summary: "Things",
    commands: {
      show: command({
        call: "npm run thing -- show",
        summary: "Show",
        options: z.strictObject({}),
        words: "NAME",
        run: ran,
      }),
    },
  });

  test("hands words on to the command that is named", async () => {
    expect(await made.parse("thing", ["show", "a"])()).toBe(0);
    expect(ran).toHaveBeenCalledWith({}, ["a"]);
  });

  test.each([
    [["shwo"], /unknown command shwo\. Did you mean show\?/],
    [["constructor"], /unknown command constructor\. Valid: show/],
    [["show", "--x"], /thing show: unknown option --x/],
    [[], /npm run thing -- COMMAND[\s\S]*npm run thing -- show {2}Show/],
  ])("%j is refused", (args, message) => {
    expect(() => made.parse("thing", args)).toThrow(UsageError);
    expect(() => made.parse("thing", args)).toThrow(message);
  });

  test("every command of the simulated AWS has help", async () => {
    const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
    for (const name of ["start", "stop", "status", "env", "kubeconfig", "calls", "fault", "quota"]) {
      expect(await commands.aws?.parse("aws", [name, "--help"])()).toBe(0);
      expect(log.mock.lastCall?.[0], name).toContain(`npm run aws -- ${name}`);
    }
    log.mockRestore();
  });
});

const noon = Date.parse("2026-11-25T12:00:00Z") / 1000;
const call = (operation: string, changes: Partial<AwsCall> = {}): AwsCall => ({
  ...{ at: noon, service: "ec2", operation, status: 200, milliseconds: 10 },
  ...changes,
});
const options = { failed: false, json: false };

describe("calls", () => {
  const all = [
    call("CreateVpc", { milliseconds: 30 }),
    call("DescribeVpcs"),
    call("DescribeVpcs", { at: noon + 60, milliseconds: 20, status: 400, answer: "<Code>Throttling</Code>" }),
    call("ListRoles", { service: "iam" }),
  ];

  test("are counted by service and operation, the most frequent first", () => {
    expect(summaryOf(all)).toEqual([
      {
        ...{ service: "ec2", operation: "DescribeVpcs", calls: 2, failed: 1, milliseconds: 15 },
        last: "2026-11-25T12:01:00.000Z",
      },
      expect.objectContaining({ operation: "CreateVpc", calls: 1, failed: 0, milliseconds: 30 }),
      expect.objectContaining({ service: "iam", operation: "ListRoles" }),
    ]);
  });

  test("can be narrowed down", () => {
    expect(choose(all, { ...options, service: "iam" }).map(({ operation }) => operation)).toEqual([
      "ListRoles",
    ]);
    expect(choose(all, { ...options, operation: "DescribeVpcs" })).toHaveLength(2);
    expect(choose(all, { ...options, failed: true })).toEqual([all[2]]);
  });

  test("of what nobody called are a mistake, with what was called", () => {
    expect(() => choose(all, { ...options, service: "iamm" })).toThrow(
      /the service iamm\. Did you mean iam\?/,
    );
    expect(() => choose(all, { ...options, service: "iam", operation: "CreateVpc" })).toThrow(
      /Valid: ListRoles/,
    );
    expect(() => choose([], { ...options, service: "iam" })).toThrow(/nor any other/);
  });

  test("show as tables what failed and why", () => {
    expect(renderSummary(all)).toMatch(/ec2 +DescribeVpcs +2 +1 +15/);
    expect(renderSummary(all)).toContain("4 calls of 3 operations, 1 failed.");
    expect(renderCalls(all)).toMatch(/ec2 +DescribeVpcs +400 +20 +Throttling/);
    expect(renderSummary([])).toBe("No calls.");
  });

  test.each([
    ["<Error><Code>NoSuchBucket</Code><Message>It is\n gone</Message></Error>", "NoSuchBucket: It is gone"],
    [
      '{"__type": "ResourceNotFoundException", "message": "No \\"x\\"."}',
      'ResourceNotFoundException: No \\"x\\".',
    ],
    ['{"Message": "only words"}', "only words"],
    ["<html>unreadable</html>", "<html>unreadable</html>"],
  ])("the reason of %j is %j", (answer, reason) => {
    expect(reasonOf(answer)).toBe(reason);
  });
});

const api: AwsApi = {
  services: async () => ["ec2", "eks", "rds"],
  operations: async (service) =>
    service === "ec2" ? ["CreateNatGateway", "RunInstances"] : ["CreateCluster"],
  instanceTypes: async () => ["g6.xlarge", "m7i.large", "p5.48xlarge"],
};
const order = (text: string, given: FaultOptions = {}) =>
  parseFault(text.split(" "), given, api, ["us-east-1"]);

describe("faults", () => {
  test.each([
    ["capacity p5.48xlarge", {}, "no p5.48xlarge starts: InsufficientInstanceCapacity"],
    [
      "capacity g6.xlarge",
      { zone: "us-east-1b" },
      "no g6.xlarge starts in us-east-1b: InsufficientInstanceCapacity",
    ],
    ["quota g6.xlarge", {}, "no g6.xlarge starts: VcpuLimitExceeded"],
    ["throttle ec2 CreateNatGateway", {}, "ec2 CreateNatGateway fails with Throttling, 3 times"],
    [
      "throttle ec2 *",
      { times: 1, after: 1 },
      "every operation of ec2 fails with Throttling, after 1 call, 1 time",
    ],
    [
      "timeout eks CreateCluster",
      {},
      "eks CreateCluster is carried out, its answer gets lost (ServiceUnavailable), 1 time",
    ],
    [
      "error eks CreateCluster AccessDeniedException",
      { message: "No.", after: 2 },
      'eks CreateCluster fails with AccessDeniedException ("No."), after 2 calls, always',
    ],
  ])("%s %j: %s", async (text, given, described) => {
    expect(describeFault(await order(text, given))).toBe(described);
  });

  test("become the orders that the server understands", async () => {
    expect(await order("timeout ec2 RunInstances", { after: 2 })).toEqual({
      ...{ service: "ec2", operation: "RunInstances", error: "ServiceUnavailable" },
      ...{ status: 503, times: 1, after: 2, answered: true },
    });
    expect(await order("capacity g6.xlarge", { zone: "us-east-1a" })).toEqual({
      ...{ service: "capacity", operation: "g6.xlarge", zone: "us-east-1a" },
      error: "InsufficientInstanceCapacity",
    });
  });

  test.each([
    ["capcity g6.xlarge", {}, /unknown kind capcity\. Did you mean capacity\?/],
    ["explode", {}, /Valid: capacity, quota, throttle, timeout, error, clear/],
    ["capacity", {}, /1 words are needed, 0 are given: npm run aws -- fault capacity TYPE/],
    ["capacity g6.xlrge", {}, /instance type g6\.xlrge\. Did you mean g6\.xlarge\?/],
    ["capacity zz9.nano", {}, /instance type zz9\.nano\. Valid: g6\.xlarge, m7i\.large, p5\.48xlarge/],
    ["throttle ecs RunTask", {}, /unknown service ecs\. Did you mean/],
    ["throttle ec2 CreateCluster", {}, /unknown operation of ec2 CreateCluster\. Valid: CreateNatGateway/],
    ["error ec2 RunInstances oops", {}, /code oops.*AccessDeniedException/],
    ["capacity g6.xlarge", { zone: "eu-west-1a" }, /--zone eu-west-1a: a zone of us-east-1.*us-east-1a/],
    ["capacity g6.xlarge", { zone: "us-east-1" }, /a zone of us-east-1/],
    ["capacity g6.xlarge", { times: 2 }, /--times says nothing here\. Valid: --zone, --message/],
    ["throttle ec2 *", { zone: "us-east-1a" }, /--zone says nothing here/],
  ])("%s %j is refused", async (text, given, message) => {
    await expect(order(text, given)).rejects.toThrow(UsageError);
    await expect(order(text, given)).rejects.toThrow(message);
  });

  test("are taken away by their numbers, or all", async () => {
    const faults = [
      await order("quota g6.xlarge"),
      await order("throttle ec2 *"),
      await order("capacity m7i.large"),
    ];
    expect(cleared(faults, ["1", "3"])).toEqual([faults[1]]);
    expect(cleared(faults, [])).toEqual([]);
    expect(() => cleared(faults, ["4"])).toThrow(/clear 4: a number from 1 to 3 is needed/);
    expect(() => cleared([], ["1"])).toThrow(/nothing is ordered/);
    expect(renderFaults(faults)).toMatch(/2 {2}every operation of ec2 fails with Throttling/);
    expect(renderFaults([])).toMatch(/Nothing is to fail[\s\S]*fault timeout SERVICE OPERATION/);
  });
});

describe("quotas", () => {
  const offered = offers({ "ec2/L-1216C47A": 64 }).quotas;

  test.each(["onDemandG", "ec2/L-DB2E81BA", "L-DB2E81BA"])("are set by their name or code: %s", (name) => {
    const values = changed(offered, ["set", name, "8"]);
    expect(values["ec2/L-DB2E81BA"]).toBe(8);
    // Those that were set before stay.
    expect(values["ec2/L-1216C47A"]).toBe(64);
    expect(Object.keys(values)).toHaveLength(Object.keys(quotas).length);
  });

  test("become those of a new account again", () => {
    expect(changed(offered, ["reset"])).toEqual({});
  });

  test.each([
    [["set", "onDemandX", "1"], /unknown quota onDemandX\. Did you mean onDemand/],
    [["set", "onDemandG", "-1"], /the value -1: a whole number from 0/],
    [["set", "onDemandG", ""], /a whole number from 0/],
    [["set", "onDemandG", "1e3"], /the value 1e3/],
    [["set", "onDemandG"], /quota set QUOTA VALUE, or npm run aws -- quota reset/],
    [["reset", "onDemandG"], /not understood/],
  ])("%j is refused", (words, message) => {
    expect(() => changed(offered, words)).toThrow(UsageError);
    expect(() => changed(offered, words)).toThrow(message);
  });

  test("show what differs from a new account", () => {
    const lines = renderQuotas(offered).split("\n");
    expect(lines.find((line) => line.startsWith("onDemandStandard"))).toMatch(/ 64 +5$/);
    expect(lines.find((line) => line.startsWith("onDemandG"))).toMatch(/instances +0$/);
  });
});

test("a shell is led there and not to an account, and keeps its own programs first", () => {
  const wanted = { AWS_ENDPOINT_URL: "http://127.0.0.1:1", NO_PROXY: "a b" };
  const current = {
    AWS_PROFILE: "work",
    AWS_ENDPOINT_URL_S3: "x",
    AWS_CA_BUNDLE: "kept",
    AWS_ENDPOINT_URL: "old",
  };
  expect(shellLines(wanted, ["/cli", "/bin"], current).split("\n")).toEqual([
    "unset AWS_ENDPOINT_URL_S3",
    "unset AWS_PROFILE",
    "export AWS_ENDPOINT_URL=http://127.0.0.1:1",
    "export NO_PROXY='a b'",
    'export PATH="$PATH":/cli:/bin',
  ]);
});

test("a kubeconfig works in a shell that knows nothing of the simulated AWS", () => {
  const text = `apiVersion: v1
contexts: [{name: c, context: {cluster: c, user: u}}]
users: [{name: u, user: {exec: {command: aws, args: [eks, get-token], env: [{name: AWS_PROFILE, value: work}]}}}]
`;
  const made = parse(selfContained(text, "/packages/cli/aws", [["AWS_ENDPOINT_URL", "http://127.0.0.1:1"]]));
  expect(made.contexts).toHaveLength(1);
  expect(made.users[0].user.exec).toEqual({
    command: "/packages/cli/aws",
    args: ["eks", "get-token"],
    env: [{ name: "AWS_ENDPOINT_URL", value: "http://127.0.0.1:1" }],
  });
});

test("the status says what is in it and what is to fail", () => {
  const base = { folder: "/state/aws", environments: [], calls: 7, failedCalls: 1, faults: 0 };
  expect(renderAwsStatus({ ...base, running: false })).toMatch(/Not running[\s\S]*npm run aws -- start/);
  const found = { ...base, running: true, endpoint: "http://127.0.0.1:1", since: "2026-11-25T12:00:00.000Z" };
  expect(renderAwsStatus(found)).toMatch(/No environment is up in it/);
  const standing = [{ environment: "dev", resources: 274, changed: "2026-11-25T12:30:00Z" }];
  expect(renderAwsStatus({ ...found, environments: standing, faults: 2 })).toMatch(
    /at http:\/\/127\.0\.0\.1:1 since .*, with dev\.[\s\S]*7 calls, 1 failed; 2 is ordered[\s\S]*dev +274/,
  );
});
