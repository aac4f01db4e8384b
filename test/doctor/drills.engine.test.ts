import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { countsOf, type Report } from "../../doctor/examine.ts";
import { type ReportDocument, reportSchema } from "../../doctor/report/schema.ts";
import { renderReport } from "../../doctor/report/text.ts";
import {
  orderFaults,
  orderQuotas,
  recordedCalls,
  type SimulatedAws,
  startAws,
  stopAws,
} from "../../sandbox/aws/server.ts";
import { repoRoot } from "../../sandbox/lib/paths.ts";
import { listen } from "../support/loopback.ts";
import { account } from "./support/account.ts";

/**
 * What a person sees of `npm run doctor`, each drill in a simulated AWS of its own: the real command, the AWS SDK, HTTP.
 * golden/drills.md holds the messages.
 */

let aws: SimulatedAws;
let folder: string;
const pages: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ai-platform-doctor-"));
});
beforeEach(async () => {
  aws = await startAws(await mkdtemp(join(folder, "aws-")), { kubernetes: false });
}, 300_000);
afterEach(() => stopAws(aws.folder));
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A small platform on two kinds of node; nothing but what a drill changes stands in its way. */
const platform = {
  environment: "dev",
  ownership: { owner: "team", costCenter: "cc", project: "drill" },
  cloud: { region: "us-east-1" },
  // RFC 6761: public DNS never knows it.
  gateway: { host: "ai.drill.invalid" },
  capacity: { purchase: ["on-demand"], families: ["m7i", "g6"], gpus: ["L4"] },
  models: { chat: { model: "Qwen/Qwen3-8B", quantization: "fp8" } },
};

interface Call {
  readonly spec?: object;
  /** Of Pulumi.dev.yaml. */
  readonly config?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** A certificate of ACM that somebody made before. */
const certificateArn = "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef";

/** The command as a person calls it; only what the drill gives is in its environment. */
async function doctor({ args = [], config = ["aws:region: us-east-1"], env = {}, spec = platform }: Call) {
  const specFile = join(folder, "platform.json");
  const configFile = join(folder, "Pulumi.dev.yaml");
  await writeFile(specFile, JSON.stringify(spec));
  await writeFile(configFile, ["config:", ...config.map((line) => `  ${line}`)].join("\n"));
  const main = join(repoRoot, "doctor", "main.ts");
  const result = await execa(
    process.execPath,
    ["--import", "tsx", main, "--spec", "platform.json", "--config-file", "Pulumi.dev.yaml", ...args],
    {
      cwd: repoRoot,
      extendEnv: false,
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        INIT_CWD: folder,
        AWS_EC2_METADATA_DISABLED: "true",
        ...env,
      },
      reject: false,
    },
  );
  expect(result.stderr).not.toMatch(/^\s+at /m);
  return { code: result.exitCode, out: result.stdout, err: result.stderr };
}

const keys = { AWS_ACCESS_KEY_ID: "simulated", AWS_SECRET_ACCESS_KEY: "simulated" };
const simulated = () => ({ ...keys, AWS_ENDPOINT_URL: aws.endpoint });

/** The report of a drill, which also goes on the page: all that isn't ok. */
async function examined(title: string, call: Call = {}): Promise<ReportDocument> {
  const env = { ...simulated(), ...call.env };
  const { code, out } = await doctor({ ...call, env, args: ["--json", ...(call.args ?? [])] });
  const report = reportSchema.parse(JSON.parse(out));
  expect(code).toBe(report.exitCode);
  const { findings, ...rest } = seen(report);
  const text = renderReport({ ...rest, findings }, { color: false }).split("\n");
  // The list of what would be checked stands on the page once.
  const shown = text.filter(
    (line) => !line.startsWith("would check") || /; to be checked: | {2}credentials {2}/.test(line),
  );
  page(title, findings.length === 0 ? "All is ok." : ["```", ...shown, "```"].join("\n"));
  return report;
}

/** What of a report is on the page: what isn't ok, without what differs from machine to machine. */
function seen({ account: id, arn, environment, findings, region }: ReportDocument): Report {
  const told = findings.filter(({ status }) => status !== "ok").filter(isOnPage);
  return {
    environment,
    region,
    identity: id === undefined || arn === undefined ? undefined : { account: id, arn },
    findings: told.map(({ check, ...rest }) => ({ subject: check, ...rest })),
    counts: countsOf(told),
  };
}

/** What public DNS says of a zone depends on whether there is a resolver: it has tests of its own. */
function isOnPage({ says }: { readonly says: string }): boolean {
  return !says.includes("public DNS");
}

function page(title: string, text: string): void {
  pages.push(["", `## ${title}`, "", scrubbed(text)].join("\n"));
}

/** What differs from run to run. */
function scrubbed(text: string): string {
  return text
    .replaceAll(aws.endpoint, "http://aws")
    .replace(/\bZ[0-9A-Z]{21}\b/g, "Z0123456789")
    .replace(/\bcr-0[0-9a-f]{16}\b/g, "cr-0123456789abcdef0")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "2027-01-31T11:30:00Z");
}

function statusOf(report: ReportDocument, check: string | RegExp) {
  const found = report.findings.filter((each) =>
    typeof check === "string" ? each.check === check : check.test(each.check),
  );
  return found.map(({ status }) => status);
}

const quota = (code: string) => `quota ec2/${code}`;
const gpus = "L-DB2E81BA";

/** Raises every quota that stands in the way, by the very commands that were printed. */
async function raiseAll(report: ReportDocument): Promise<void> {
  for (const { check, remedy } of report.findings) {
    if (check.startsWith("quota ")) for (const command of remedy) await account(aws).raiseQuota(command);
  }
}

/** An account in which nothing stands in the way but that no registrar leads to its zone. @returns a platform in it */
async function prepared() {
  await orderQuotas(aws, Object.fromEntries(["L-1216C47A", gpus].map((code) => [`ec2/${code}`, 100])));
  const zone = await account(aws).createZone("drill.invalid");
  return { ...platform, gateway: { ...platform.gateway, hostedZone: { id: zone, name: "drill.invalid" } } };
}

describe.sequential("the doctor", () => {
  test("without credentials says what it would check, and asks nothing", async () => {
    const { code, out } = await doctor({ env: { AWS_ENDPOINT_URL: aws.endpoint } });
    expect(code).toBe(3);
    page("Without credentials", ["```", out, "```"].join("\n"));
    expect(out).not.toMatch(/^(failed|warning)/m);
    expect(await recordedCalls(aws)).toEqual([]);
  });

  test("finds a new account's quotas too low, and none of them after the commands that it printed", async () => {
    const before = await examined("A new account");
    expect(before.exitCode).toBe(1);
    expect(statusOf(before, quota(gpus))).toEqual(["failed"]);
    await raiseAll(before);
    const after = await examined("The same after the quotas were raised");
    expect(statusOf(after, /^quota /).every((status) => status === "ok")).toBe(true);
  });

  test("counts what is in use, by CloudWatch and by counting", async () => {
    const spec = await prepared();
    await account(aws).useVcpus("G/OnDemand", 90);
    await account(aws).takeAddresses(5);
    const report = await examined("An account with others in it", { spec });
    expect(statusOf(report, quota(gpus))).toEqual(["warning"]);
    expect(statusOf(report, quota("L-0263D0A3"))).toEqual(["failed"]);
  });

  test("finds nothing in the way in AWS where everything is there", async () => {
    const spec = await prepared();
    const report = await examined("An account with everything", { spec });
    // No public DNS knows the zone; where there is no resolver, that can't be told.
    expect(["failed", "warning"]).toContain(statusOf(report, "hosted zone of ai.drill.invalid")[0]);
    expect(report.findings.filter(({ status }) => status !== "ok")).toHaveLength(1);
  });

  test("takes what is there for the environment's own once its cluster is up", async () => {
    const spec = await prepared();
    const there = account(aws);
    await there.createCluster("drill-dev", "1.36");
    await there.addRecord(spec.gateway.hostedZone.id, "ai.drill.invalid", "A", "192.0.2.1");
    await there.createBucket("drill-dev-dvc");
    await there.useVcpus("G/OnDemand", 98);
    const report = await examined("An environment that is up", { spec });
    expect(report.findings.filter(({ status }) => status !== "ok")).toHaveLength(1);
  });

  test("finds a cluster that can't get to the version", async () => {
    const spec = await prepared();
    await account(aws).createCluster("drill-dev", "1.34");
    const report = await examined("A cluster two versions behind", { spec });
    expect(statusOf(report, "Kubernetes 1.36")).toEqual(["failed"]);
  });

  test("finds instance types that zones don't offer, and zones without EKS", async () => {
    const spec = await prepared();
    const report = await examined("Types and zones", {
      spec: { ...spec, network: { zones: ["us-east-1d", "us-east-1e"] } },
    });
    expect(statusOf(report, "zones")).toEqual(["failed"]);
    expect(statusOf(report, /^nodes gpu-l4/)).toEqual(["failed"]);
  });

  test("looks into reservations and blocks", async () => {
    const spec = await prepared();
    const there = account(aws);
    const right = await there.reserve("g6.xlarge", "us-east-1a", 2);
    const wrongType = await there.reserve("g6.2xlarge", "us-east-1a", 2);
    const wrongZone = await there.reserve("g6.xlarge", "us-east-1c", 2);
    const block = await there.buyBlock("p5.48xlarge", 1);
    const reserved = { instanceType: "g6.xlarge", count: 2, zone: "us-east-1a" };
    const missing = "cr-00000000000000000";
    const report = await examined("Reservations", {
      spec: {
        ...spec,
        capacity: {
          purchase: ["reservation", "on-demand"],
          reservations: [right, wrongType, wrongZone, missing].map((id) => ({ id, ...reserved })),
          capacityBlocks: [{ ...block, instanceType: "p5.48xlarge", count: 1, zone: "us-east-1a" }],
        },
      },
    });
    expect(statusOf(report, `reservation ${right}`)).toEqual(["ok"]);
    for (const id of [wrongType, wrongZone, missing]) {
      expect(statusOf(report, `reservation ${id}`)).toEqual(["failed"]);
    }
    expect(statusOf(report, `capacity block ${block.id}`)).toEqual(["ok"]);
  });

  test("finds names that are taken, and a certificate that can't be had", async () => {
    const spec = await prepared();
    const there = account(aws);
    await there.addRecord(spec.gateway.hostedZone.id, "ai.drill.invalid", "A", "192.0.2.1");
    await there.addRecord(spec.gateway.hostedZone.id, "drill.invalid", "CAA", '0 issue "letsencrypt.org"');
    await there.createBucket("drill-dev-dvc", "210987654321");
    await there.createBucket("drill-dev-models");
    const report = await examined("Names", { spec });
    expect(statusOf(report, "record ai.drill.invalid")).toEqual(["failed"]);
    expect(statusOf(report, "certificate of ai.drill.invalid")).toEqual(["failed"]);
    expect(statusOf(report, "bucket drill-dev-dvc")).toEqual(["failed"]);
    expect(statusOf(report, "bucket drill-dev-models")).toEqual(["failed"]);
    expect(statusOf(report, "bucket drill-dev-mlflow")).toEqual(["ok"]);
  });

  test("looks into a certificate that is given", async () => {
    const spec = await prepared();
    const arns = [certificateArn, await account(aws).issueCertificate("other.drill.invalid")];
    for (const arn of arns) {
      const report = await examined(
        `A certificate that ${arn === certificateArn ? "isn't there" : "is for another host"}`,
        {
          spec: { ...spec, gateway: { ...spec.gateway, certificateArn: arn } },
        },
      );
      expect(statusOf(report, "certificate of ai.drill.invalid")).toEqual(["failed"]);
    }
    const right = await account(aws).issueCertificate("*.drill.invalid");
    const report = await examined("A certificate for all hosts of the domain", {
      spec: { ...spec, gateway: { ...spec.gateway, certificateArn: right } },
    });
    expect(statusOf(report, "certificate of ai.drill.invalid")).toEqual(["ok"]);
  });

  test("goes on where a right is missing, and names it", async () => {
    const spec = await prepared();
    await orderFaults(aws, [
      {
        service: "ec2",
        operation: "DescribeInstanceTypeOfferings",
        error: "UnauthorizedOperation",
        status: 403,
      },
      { service: "eks", operation: "DescribeAddonVersions", error: "AccessDeniedException", status: 403 },
      { service: "servicequotas", error: "AccessDeniedException" },
      { service: "s3", operation: "ListBuckets", error: "AccessDenied", status: 403 },
      {
        service: "acm",
        error: "AccessDeniedException",
        message: "not authorized with an explicit deny in a service control policy",
      },
    ]);
    const report = await examined("Missing rights", {
      spec: { ...spec, gateway: { ...spec.gateway, certificateArn } },
    });
    expect(statusOf(report, /./)).toContain("ok");
    expect(statusOf(report, "add-ons")).toEqual(["would check"]);
    expect(statusOf(report, "zones")).toEqual(["ok"]);
    expect(statusOf(report, /^image /)[0]).toBe("ok");
  });

  test("compares limits alone where it can't see what is in use", async () => {
    const spec = await prepared();
    await orderFaults(aws, [{ service: "cloudwatch", error: "AccessDenied", status: 403 }]);
    const report = await examined("What is in use is hidden", { spec });
    expect(statusOf(report, quota(gpus))).toEqual(["warning"]);
  });

  test("goes on where a service can't be reached", async () => {
    const spec = await prepared();
    const report = await examined("A service out of reach", {
      spec,
      config: ["aws:region: us-east-1", "aws:endpoints: [{eks: 'http://127.0.0.1:9'}]"],
    });
    expect(statusOf(report, "add-ons")).toEqual(["would check"]);
    expect(statusOf(report, "zones")).toEqual(["ok"]);
  });

  test("goes on where a service never answers", async () => {
    const spec = await prepared();
    const silent = createServer();
    const port = await listen(silent);
    const report = await examined("A service that never answers", {
      spec: { ...spec, gateway: { ...spec.gateway, certificateArn } },
      config: ["aws:region: us-east-1", `aws:endpoints: [{acm: 'http://127.0.0.1:${port}'}]`],
      args: ["--timeout", "1"],
    });
    silent.close();
    expect(statusOf(report, "certificate of ai.drill.invalid")).toEqual(["would check"]);
    expect(statusOf(report, "zones")).toEqual(["ok"]);
  });

  test("stops at the first question where nothing can be reached", async () => {
    const report = await examined("Nothing in reach", { env: { AWS_ENDPOINT_URL: "http://127.0.0.1:9" } });
    expect(report.exitCode).toBe(3);
    expect(report.arn).toBeUndefined();
  });

  test("finds that credentials are no longer good", async () => {
    await orderFaults(aws, [
      {
        service: "sts",
        error: "ExpiredToken",
        message: "The security token included in the request is expired",
        status: 403,
      },
    ]);
    const report = await examined("Expired credentials");
    expect(report.exitCode).toBe(1);
    expect(statusOf(report, "credentials")).toEqual(["failed"]);
  });

  test("asks as the stack does: by its roles, and in no other account", async () => {
    const spec = await prepared();
    const config = [
      "aws:region: us-east-1",
      "aws:assumeRoles: [{roleArn: 'arn:aws:iam::210987654321:role/deploy'}]",
      "aws:allowedAccountIds: ['123456789012']",
    ];
    const report = await examined("Another account", { spec, config });
    expect(report.account).toBe("210987654321");
    expect(statusOf(report, "account")).toEqual(["failed"]);
  });

  test("takes the stack's profile, and prints it in commands", async () => {
    await mkdir(join(folder, ".aws"), { recursive: true });
    const credentials = ["[drill]", "aws_access_key_id = simulated", "aws_secret_access_key = simulated"];
    await writeFile(join(folder, ".aws", "credentials"), credentials.join("\n"));
    const withoutKeys = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" };
    const config = (profile: string) => ["aws:region: us-east-1", `aws:profile: ${profile}`];
    const right = await examined("A profile", { config: config("drill"), env: withoutKeys });
    const [command = ""] = right.findings.find(({ check }) => check === quota(gpus))?.remedy ?? [];
    expect(command).toMatch(/--profile drill$/);
    const wrong = await examined("A profile that isn't there", { config: config("drlil"), env: withoutKeys });
    expect(statusOf(wrong, "credentials")).toEqual(["failed"]);
    const byName = { ...withoutKeys, AWS_PROFILE: "drill" };
    expect((await examined("AWS_PROFILE", { env: byName })).account).toBe("123456789012");
  });

  test("sees a stack that would go to another region", async () => {
    const spec = await prepared();
    const report = await examined("Another region", { spec, config: ["aws:region: eu-west-1"] });
    expect(statusOf(report, "description")).toEqual(["failed"]);
  });

  test("tells faults of files before it asks anybody", async () => {
    const { code, err, out } = await doctor({
      config: ["aws:endpoints: [{ec2: nowhere}]"],
      env: simulated(),
    });
    expect(code).toBe(1);
    expect(out).toBe("");
    page("A faulty configuration", ["```", err, "```"].join("\n"));
  });

  test("prints the page that people see", async () => {
    await expect(["# What `npm run doctor` says", ...pages, ""].join("\n")).toMatchFileSnapshot(
      "golden/drills.md",
    );
  });
}, 120_000);
