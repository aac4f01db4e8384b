import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { orderFaults, recordedCalls, type SimulatedAws } from "../../sandbox/aws/server.ts";
import { engine } from "../../sandbox/engine/engine.ts";
import { endOwnAws, leadTo, startOwnAws } from "./support/aws/own.ts";
import { Program } from "./support/program.ts";

/**
 * The whole life of AWS resources through the real command line, against the simulated AWS: the program names no
 * endpoint and no simulation. The tests build on each other, as the days of an environment do.
 */

const minutes = 60_000;
const official = (await engine()).kind === "official";
const source = await readFile(join(import.meta.dirname, "support", "aws", "whole.mjs"), "utf8");
const password = "correct-horse-battery";

describe.skipIf(official)("AWS resources", () => {
  let aws: SimulatedAws;
  let program: Program;
  let before: Counts;

  beforeAll(async () => {
    aws = await startOwnAws({ kubernetes: false });
    before = await counts(aws);
    program = await Program.create(source, { "aws:region": "eu-central-1" });
    await leadTo(aws, program.env);
    await program.succeed("config", "set", "--secret", "password", password);
  }, 60 * minutes);

  afterAll(async () => {
    await program?.remove();
    await endOwnAws(aws);
  });

  const set = (key: string, value: string) => program.succeed("config", "set", key, value);

  test(
    "are previewed with the account's answers, and nothing is made",
    async () => {
      const output = await program.succeed("preview");
      expect(output).toContain("AWS is simulated at");
      expect(output).toContain("69 to create");
      expect(output).toContain("123456789012");
      const changing = (await recordedCalls(aws)).filter(({ operation }) =>
        /^(Create|Put|Run)/.test(operation),
      );
      expect(changing).toEqual([]);
    },
    5 * minutes,
  );

  test(
    "come up, and a second time nothing changes",
    async () => {
      expect(await program.up()).toContain("69 created");
      expect(await program.up()).toContain("69 unchanged");
      const waited = (await recordedCalls(aws)).filter(({ operation }) => operation === "DescribeCluster");
      expect(waited.length).toBeGreaterThan(1);
    },
    10 * minutes,
  );

  test("keep secrets out of the state", async () => {
    expect(await program.state()).not.toContain(password);
  });

  test(
    "change in place where AWS can change them",
    async () => {
      await set("label", "cpu");
      await set("kubernetes", "1.36");
      await set("database", "db.t4g.large");
      const output = await program.up();
      expect(output).toMatch(/NodeGroup system updated .*\[diff: ~labels\]/);
      expect(output).toMatch(/Cluster main updated .*\[diff: ~version\]/);
      expect(output).toMatch(/rds:Instance main updated .*\[diff: ~instanceClass\]/);
      expect(output).toContain("3 updated");
      expect(output).not.toContain("replaced");
    },
    5 * minutes,
  );

  test(
    "are replaced where AWS cannot",
    async () => {
      await set("instance", "m7i.xlarge");
      expect(await program.succeed("preview")).toMatch(/NodeGroup system replace \[diff: ~instanceTypes\]/);
      expect(await program.up()).toContain("1 replaced");
    },
    5 * minutes,
  );

  test(
    "get other tags without being replaced",
    async () => {
      await set("owner", "others");
      const output = await program.up();
      expect(output).toMatch(/4\d updated/);
      expect(output).not.toContain("replaced");
      expect(await program.up()).toContain("69 unchanged");
    },
    5 * minutes,
  );

  test(
    "are read back by a refresh, which finds what somebody else removed",
    async () => {
      expect(await program.succeed("refresh", "--yes", "--skip-preview")).toContain("69 unchanged");
      await ask(aws, "logs", {
        headers: {
          "X-Amz-Target": "Logs_20140328.DeleteLogGroup",
          "Content-Type": "application/x-amz-json-1.1",
        },
        body: JSON.stringify({ logGroupName: "/aws/eks/life/cluster" }),
      });
      expect(await program.succeed("refresh", "--yes", "--skip-preview")).toContain("1 deleted");
      expect(await program.up()).toContain("1 created");
    },
    5 * minutes,
  );

  test(
    "that exist are imported",
    async () => {
      const vpc = await program.succeed("stack", "output", "vpcId");
      const imported = await program.succeed(
        ...["import", "aws:ec2/vpc:Vpc", "imported", vpc.trim()],
        ...["--yes", "--skip-preview", "--protect=false", "--generate-code=false"],
      );
      expect(imported).toContain("1 imported");
      await program.succeed("state", "delete", "--yes", "urn:pulumi:test::test::aws:ec2/vpc:Vpc::imported");
    },
    5 * minutes,
  );

  test(
    "fail in AWS's words, survive throttling, and come up after a fault is gone",
    async () => {
      await orderFaults(aws, [
        { service: "sns", error: "Throttling", times: 2 },
        {
          service: "eks",
          operation: "UpdateNodegroupConfig",
          error: "InvalidRequestException",
          message: "No capacity.",
        },
      ]);
      await set("label", "gpu");
      const output = await program.fail("up", "--yes", "--skip-preview");
      expect(output).toContain("InvalidRequestException: No capacity.");
      await orderFaults(aws, []);
      expect(await program.up()).toContain("1 updated");
    },
    5 * minutes,
  );

  test(
    "fail where an instance type has no capacity, and come up on another type",
    async () => {
      await orderFaults(aws, [
        { service: "capacity", operation: "c7i.xlarge", error: "InsufficientInstanceCapacity" },
      ]);
      await set("instance", "c7i.xlarge");
      const output = await program.fail("up", "--yes", "--skip-preview");
      expect(output).toContain("AsgInstanceLaunchFailures");
      expect(output).toContain("We currently do not have sufficient capacity");
      await set("instance", "m7i.large");
      await program.up();
      expect(await program.up()).toContain("69 unchanged");
    },
    5 * minutes,
  );

  test(
    "that were made when the answer got lost are found out about, not lost",
    async () => {
      await orderFaults(aws, [
        {
          service: "ecr",
          operation: "PutLifecyclePolicy",
          error: "ServiceUnavailable",
          status: 503,
          times: 2,
          answered: true,
        },
      ]);
      await set("days", "14");
      expect(await program.up()).toContain("1 replaced");
      const calls = (await recordedCalls(aws)).filter(({ operation }) => operation === "PutLifecyclePolicy");
      expect(calls.slice(-3).map(({ status }) => status)).toEqual([503, 503, 200]);
    },
    5 * minutes,
  );

  test(
    "are all gone after a destroy",
    async () => {
      expect(await program.succeed("destroy", "--yes", "--skip-preview")).toContain("69 deleted");
      expect(await counts(aws)).toEqual(before);
    },
    5 * minutes,
  );
});

type Counts = Record<string, number>;

/** Requests that list things, and what names one of them in the answer. */
const listings = [
  ["ec2", "Action=DescribeVpcs&Version=2016-11-15", "<cidrBlockAssociationSet>"],
  ["ec2", "Action=DescribeSubnets&Version=2016-11-15", "<subnetId>"],
  ["ec2", "Action=DescribeSecurityGroups&Version=2016-11-15", "<groupName>"],
  ["ec2", "Action=DescribeAddresses&Version=2016-11-15", "<allocationId>"],
  ["ec2", "Action=DescribeVpcEndpoints&Version=2016-11-15", "<vpcEndpointId>"],
  ["ec2", "Action=DescribeInternetGateways&Version=2016-11-15", "<internetGatewayId>"],
  ["ec2", "Action=DescribeNetworkInterfaces&Version=2016-11-15", "<networkInterfaceId>"],
  ["rds", "Action=DescribeDBInstances&Version=2014-10-31", "<DBInstanceIdentifier>"],
  ["iam", "Action=ListRoles&Version=2010-05-08", "<RoleId>"],
  ["elasticloadbalancing", "Action=DescribeLoadBalancers&Version=2015-12-01", "<LoadBalancerArn>"],
] as const;

/** How many there are of what costs money or stands in the way. */
async function counts(aws: SimulatedAws): Promise<Counts> {
  const counted = listings.map(async ([service, body, mark]) => {
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    const answer = await ask(aws, service, { headers, body });
    return [body.split("&")[0], answer.split(mark).length - 1] as const;
  });
  return Object.fromEntries(await Promise.all(counted));
}

/** A call behind the stack's back. */
async function ask(
  { endpoint }: SimulatedAws,
  service: string,
  request: { headers: Record<string, string>; body: string },
): Promise<string> {
  const credential = `Credential=x/20260101/eu-central-1/${service}/aws4_request`;
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { ...request.headers, Authorization: `AWS4-HMAC-SHA256 ${credential}, Signature=x` },
    body: request.body,
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(answer);
  return answer;
}
