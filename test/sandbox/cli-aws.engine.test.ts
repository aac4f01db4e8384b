import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkMachine } from "../../sandbox/cluster/cluster.ts";
import { engine } from "../../sandbox/engine/engine.ts";
import { repoRoot } from "../../sandbox/lib/paths.ts";

/**
 * What a person without an account does, through the real command line in a state folder of its own: every command is
 * a process. The tests build on each other.
 */

const minutes = 60_000;
const main = join(repoRoot, "sandbox/cli/main.mjs");
const unfit = (await engine()).kind === "official" || (await checkMachine()).length > 0;

describe.skipIf(unfit)("the simulated AWS by its commands", () => {
  let state: string;

  beforeAll(async () => {
    state = await mkdtemp(join(tmpdir(), "cli-aws-"));
  });
  afterAll(async () => {
    await call("aws", "stop", "--delete");
    await rm(state, { recursive: true, force: true });
  }, 5 * minutes);

  const environment = () => ({
    ...{ AI_PLATFORM_STATE: state, NO_COLOR: "1", AWS_CONFIG_FILE: "/somebody/config" },
    ...{ PULUMI_BACKEND_URL: undefined, PULUMI_STACK: undefined },
  });
  const callWith = (env: Record<string, string>, ...args: string[]) =>
    execa(process.execPath, [main, ...args], {
      env: { ...environment(), ...env },
      reject: false,
      stdin: "ignore",
    });
  const call = (...args: string[]) => callWith({}, ...args);
  const succeed = async (...args: string[]) => {
    const result = await call(...args);
    if (result.exitCode !== 0) {
      throw new Error(`${args.join(" ")} failed:\n${result.stdout.slice(-4000)}\n${result.stderr}`);
    }
    return result;
  };
  const shell = (script: string) =>
    execa("bash", ["-ec", `eval "$(node ${main} aws env)"\n${script}`], { env: environment() });
  const pulumi = (...args: string[]) => succeed("pulumi", ...args, "-s", "dev");

  test("nothing of an environment changes before it runs", async () => {
    const refused = await call("pulumi", "up", "-s", "prod", "--yes");
    expect(refused.stderr).toMatch(
      /has nowhere to go: no simulated AWS is running[\s\S]*npm run aws -- start/,
    );
    expect(refused.exitCode).toBe(1);
    for (const command of ["env", "fault", "quota"]) {
      expect((await call("aws", command)).stderr, command).toContain("npm run aws -- start");
    }
    expect((await call("aws", "status")).exitCode).toBe(1);
  });

  test("it starts, and once only", { timeout: 60 * minutes }, async () => {
    const { stdout } = await succeed("aws", "start");
    const endpoint = /http:\/\/127\.0\.0\.1:\d+/.exec(stdout)?.[0] ?? "none";
    expect(stdout).toContain("region us-east-1");
    expect((await succeed("aws", "start")).stdout).toContain(endpoint);
    expect((await shell('echo "$AWS_ENDPOINT_URL"')).stdout).toBe(endpoint);
  });

  test("an environment comes up in it, which says that it is no account", {
    timeout: 15 * minutes,
  }, async () => {
    const { stderr, stdout } = await pulumi("up", "--yes", "--skip-preview");
    expect(stderr.split("\n")[0]).toMatch(/^▌ SIMULATED AWS at http:\/\/127\.0\.0\.1:\d+, no account/);
    expect(stderr).toContain("dev is in no account");
    expect(stdout).toMatch(/\+ \d{3} created/);
    const status = JSON.parse((await succeed("aws", "status", "--json")).stdout);
    expect(status.environments).toEqual([expect.objectContaining({ environment: "dev" })]);
    expect(status.environments[0].resources).toBeGreaterThan(200);
  });

  test("its state is kept, and apart from the output for programs", { timeout: 5 * minutes }, async () => {
    expect((await pulumi("preview")).stdout).toMatch(/Resources:\s+\d{3} unchanged/);
    expect(JSON.parse((await pulumi("stack", "output", "--json")).stdout)).toHaveProperty("services");
  });

  test("an account or a backend of somebody's own is not mixed up with it", async () => {
    const withProfile = await callWith({ AWS_PROFILE: "work" }, "pulumi", "destroy", "-s", "dev", "--yes");
    expect(withProfile.stderr).toMatch(/the account of AWS_PROFILE[\s\S]*unset AWS_PROFILE/);
    expect(withProfile.exitCode).toBe(1);
    const unnamed = await call("pulumi", "destroy", "--yes");
    expect(unnamed.stderr).toContain("destroy of which stack?");
    const mixed = shell(`PULUMI_BACKEND_URL=file:///mine node ${main} pulumi up -s dev --yes`);
    await expect(mixed).rejects.toThrow(/the state would be kept in file:\/\/\/mine/);
  });

  test("aws and kubectl go there", { timeout: minutes }, async () => {
    const { stdout } = await shell(
      "aws eks update-kubeconfig --name ai-platform-dev >/dev/null\nkubectl get nodes --output name\naws sts get-caller-identity",
    );
    expect(stdout).toMatch(/node\/ip-10-/);
    expect(stdout).toContain('"123456789012"');
    const { stdout: file } = await succeed("aws", "kubeconfig", "dev");
    const tool = join(state, "aws", "bin", "kubectl");
    const nodes = await execa(tool, ["--kubeconfig", file, "get", "namespaces", "--output", "name"]);
    expect(nodes.stdout).toContain("namespace/ai-tracking");
    const absent = await call("aws", "kubeconfig", "staging");
    expect(absent.stderr).toMatch(/no cluster ai-platform-staging[\s\S]*up -s staging/);
  });

  test("a fault shows to whoever meets it, and in the calls", { timeout: 5 * minutes }, async () => {
    const said = ["--message", "The drill forbids it."];
    await succeed("aws", "fault", "error", "iam", "ListRoles", "AccessDenied", ...said);
    const { stdout } = await succeed("aws", "fault", "throttle", "sts", "GetCallerIdentity", "--times", "1");
    expect(stdout).toMatch(/1 {2}iam ListRoles fails with AccessDenied[\s\S]*2 {2}sts GetCallerIdentity/);
    await expect(shell("aws iam list-roles")).rejects.toThrow(/AccessDenied.*The drill forbids it\./);
    await shell("aws sts get-caller-identity >/dev/null");
    const calls = JSON.parse(
      (await succeed("aws", "calls", "--json", "--failed", "--service", "sts")).stdout,
    );
    expect(calls).toEqual([expect.objectContaining({ operation: "GetCallerIdentity", calls: 1, failed: 1 })]);
    expect((await succeed("aws", "calls", "--failed", "--last", "5")).stdout).toContain(
      "The drill forbids it.",
    );
    expect((await succeed("aws", "fault", "clear")).stdout).toContain("Nothing is to fail.");
    await shell("aws iam list-roles >/dev/null");
  });

  test("quotas are what is set, for the doctor as for anybody", { timeout: minutes }, async () => {
    const asked =
      "aws service-quotas get-service-quota --service-code ec2 --quota-code L-DB2E81BA --query Quota.Value";
    expect((await shell(asked)).stdout).toBe("0");
    await succeed("aws", "quota", "set", "onDemandG", "48");
    await succeed("aws", "quota", "set", "onDemandP", "96");
    expect((await shell(asked)).stdout).toBe("48");
  });

  test("the environment goes, and then it with everything", { timeout: 10 * minutes }, async () => {
    expect((await pulumi("destroy", "--yes", "--skip-preview")).stdout).toMatch(/- \d{3} deleted/);
    expect(JSON.parse((await succeed("aws", "status", "--json")).stdout).environments).toEqual([]);
    expect((await succeed("aws", "stop")).stdout).toContain("nothing that was in it is left");
    expect((await succeed("aws", "calls", "--json", "--service", "rds")).stdout).toContain(
      "DeleteDBInstance",
    );
    await expect(access(join(state, "aws", "project"))).rejects.toThrow("ENOENT");
    await succeed("aws", "stop", "--delete");
    await expect(access(join(state, "aws"))).rejects.toThrow("ENOENT");
  });
});
