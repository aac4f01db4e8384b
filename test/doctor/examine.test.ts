import { describe, expect, test } from "vitest";
import type { Subject } from "../../doctor/checks/subject.ts";
import { countsOf, examine, exitCode, type Reach } from "../../doctor/examine.ts";
import { type Failure, Unanswered } from "../../doctor/failure.ts";
import type { Outside } from "../../doctor/outside.ts";
import { renderReport } from "../../doctor/report/text.ts";
import { planPlatform } from "../../planning/plan.ts";
import { parsePlatform } from "../../spec/parse.ts";
import { providerSchema } from "../../spec/provider/settings.ts";

const silent = { report: () => undefined, end: () => undefined };
const identity = { account: "123456789012", arn: "arn:aws:iam::123456789012:user/ci" };

async function subject(): Promise<Subject> {
  const spec = parsePlatform(
    {
      environment: "dev",
      ownership: { owner: "team", costCenter: "cc" },
      cloud: { region: "us-east-1" },
      gateway: { host: "ai.example.com" },
      capacity: { gpus: [], families: ["m7i"] },
    },
    "stacks/dev.ts",
  );
  const { infrastructure, problems } = await planPlatform(spec);
  if (spec.environment === "local" || infrastructure === undefined) throw new Error("dev is in AWS");
  const provider = providerSchema.parse({ region: "us-east-1" });
  return { source: "stacks/dev.ts", configFile: "Pulumi.dev.yaml", spec, infrastructure, problems, provider };
}

/** Everybody answers that there is nothing. */
const empty: Omit<Outside, "identity"> = {
  optInStatus: async () => "opted-in",
  zones: async () => new Map(),
  quota: async () => undefined,
  inUse: async () => undefined,
  offerings: async () => new Map(),
  reservation: async () => undefined,
  images: async () => [],
  hostedZones: async () => [],
  records: async () => [],
  nameServers: async () => [],
  certificate: async () => undefined,
  kubernetesVersions: async () => new Map(),
  addonBuilds: async () => new Map(),
  clusterVersion: async () => undefined,
  ownBuckets: async () => new Set(),
  bucketTaken: async () => false,
};

function reach(change: Partial<Outside> = {}): Reach {
  return {
    identity: change.identity ?? (async () => identity),
    connect: async () => ({ ...empty, ...change }),
    region: undefined,
    now: () => new Date("2027-01-10T00:00:00Z"),
  };
}

const fails = (failure: Failure) => async () => {
  throw new Unanswered(failure, undefined);
};

test("without an answer about who asks, nothing else is asked", async () => {
  const broken = { ...reach({ identity: fails({ kind: "missing" }) }), connect: fails({ kind: "missing" }) };
  const report = await examine(await subject(), broken, silent);
  const asked = report.findings.filter(({ subject: about }) => about !== "description");
  expect(new Set(asked.map(({ status }) => status))).toEqual(new Set(["would check"]));
  expect(report.identity).toBeUndefined();
  expect(exitCode(report)).toBe(3);
});

test("an unanswered question stops no other, and says why before what it would check", async () => {
  const denied = fails({ kind: "denied", action: "ec2:DescribeAvailabilityZones", explicit: false });
  const { findings } = await examine(await subject(), reach({ zones: denied }), silent);
  const zones = findings.find((each) => each.subject === "zones");
  expect(zones).toEqual({
    subject: "zones",
    status: "would check",
    says: "ec2:DescribeAvailabilityZones is not allowed; to be checked: us-east-1a, us-east-1b are there, and EKS is in them",
    remedy: [
      "Allow ec2:DescribeAvailabilityZones to arn:aws:iam::123456789012:user/ci: docs/doctor.md has the policy",
    ],
  });
  expect(findings.filter(({ status }) => status === "would check")).toEqual([zones]);
});

test("a cluster that can't be asked about stops no check but its own", async () => {
  const unreachable = fails({ kind: "unreachable", action: "eks:DescribeCluster", why: "no answer" });
  const { findings } = await examine(await subject(), reach({ clusterVersion: unreachable }), silent);
  expect(findings.filter(({ status }) => status === "would check").map((each) => each.subject)).toEqual([
    "Kubernetes 1.36",
  ]);
});

test("a bug in a check is no answer of AWS", async () => {
  const bug = async () => {
    throw new TypeError("x is undefined");
  };
  await expect(examine(await subject(), reach({ zones: bug }), silent)).rejects.toThrow(TypeError);
});

test("every check is reported once, in the order of the checks", async () => {
  const report = await examine(await subject(), reach(), silent);
  const subjects = report.findings.map((each) => each.subject);
  expect(new Set(subjects).size).toBe(subjects.length);
  const unasked = await examine(await subject(), reach({ identity: fails({ kind: "missing" }) }), silent);
  expect(unasked.findings.map((each) => each.subject)).toEqual(subjects);
});

test("people read one line per check, and what to do below it", async () => {
  const report = await examine(await subject(), reach({ identity: fails({ kind: "missing" }) }), silent);
  const lines = renderReport(report, { color: false }).split("\n");
  for (const each of report.findings) {
    expect(lines.filter((line) => line.includes(`  ${each.subject}  `))).toHaveLength(1);
  }
  expect(lines.find((line) => line.includes("-> Set AWS_PROFILE"))).toMatch(/^ +-> /);
});

describe("the exit code", () => {
  test.each([
    [[], 0],
    [["ok", "warning"], 0],
    [["ok", "would check"], 3],
    [["failed", "would check"], 1],
  ] as const)("of %j is %i", (statuses, code) => {
    expect(exitCode({ counts: countsOf(statuses.map((status) => ({ status }))) })).toBe(code);
  });
});
