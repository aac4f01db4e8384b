import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterEach, describe, expect, test } from "vitest";
import { engine, pulumiEnv, pulumiVersion } from "../../sandbox/engine/engine.ts";
import { Program } from "./support/program.ts";

/** The sandbox's engine and plugins through the real command line, with no cluster, no account and no network. */

const minutes = 60_000;
const programs: Program[] = [];

async function program(source: string, config?: Record<string, string>): Promise<Program> {
  const created = await Program.create(source, config);
  programs.push(created);
  return created;
}

afterEach(async () => {
  for (const created of programs.splice(0)) await created.remove();
});

const official = (await engine()).kind === "official";

describe.skipIf(official)("the engine", () => {
  test("is the pinned version and knows its plugins at the SDKs' versions", async () => {
    const env = await pulumiEnv();
    const options = { env, extendEnv: false };
    expect((await execa("pulumi", ["version"], options)).stdout).toBe(pulumiVersion);
    const listed = JSON.parse((await execa("pulumi", ["plugin", "ls", "--json"], options)).stdout);
    const names = listed.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(["aws", "kubernetes", "random"]));
  });

  test(
    "does not try to download a plugin that is missing",
    async () => {
      const source = `import * as pulumi from "@pulumi/pulumi";
      new pulumi.CustomResource("cloud:index:Thing", "thing", {}, { version: "1.0.0" });`;
      const started = Date.now();
      const output = await (await program(source)).fail("preview");
      expect(output).toContain("cloud");
      expect(Date.now() - started).toBeLessThan(30_000);
    },
    minutes,
  );

  test(
    "reports how a program ended",
    async () => {
      expect(await (await program("process.exit(3);")).fail("preview")).toContain("exit code 3");
    },
    minutes,
  );

  test(
    "passes configuration and secrets on",
    async () => {
      const source = `import * as pulumi from "@pulumi/pulumi";
      const config = new pulumi.Config();
      export const open = config.require("open"), hidden = config.requireSecret("hidden");`;
      const created = await program(source, { open: "yes" });
      await created.succeed("config", "set", "--secret", "hidden", "SESAME");
      expect(await created.up()).not.toContain("SESAME");
      expect(await created.state()).not.toContain("SESAME");
      expect(await created.succeed("stack", "output", "--json")).toContain('"open": "yes"');
      expect(await created.succeed("stack", "output", "hidden", "--show-secrets")).toContain("SESAME");
    },
    minutes,
  );

  test(
    "leaves no process behind when it is killed",
    async () => {
      const created = await program(
        "console.log('running'); await new Promise((r) => setTimeout(r, 600_000));",
      );
      const run = created.pulumi("preview");
      let output = "";
      for await (const line of run.iterable({ from: "all" })) {
        output += line;
        if (output.includes("running")) run.kill("SIGKILL");
      }
      await run;
      const deadline = Date.now() + 10_000;
      while ((await processesOf(created)).length > 0 && Date.now() < deadline) await sleep(100);
      expect(await processesOf(created)).toEqual([]);
    },
    minutes,
  );
});

async function processesOf(created: Program): Promise<string[]> {
  const { stdout } = await execa("ps", ["-eo", "stat,args", "--no-headers"]);
  return stdout.split("\n").filter((line) => line.includes(created.folder) && !line.startsWith("Z"));
}

describe("policy packs", () => {
  test(
    "block what they forbid, know the stack and its configuration, and let the rest pass",
    async () => {
      const created = await program(
        `import * as random from "@pulumi/random";
      new random.RandomString("s", { length: Number(process.env.LENGTH ?? 3) });`,
        { shortest: "5" },
      );
      const pack = join(created.folder, "pack");
      await mkdir(pack);
      const runtime = { name: "nodejs", options: { typescript: false } };
      await writeFile(join(pack, "PulumiPolicy.yaml"), JSON.stringify({ description: "test", runtime }));
      await writeFile(join(pack, "package.json"), JSON.stringify({ name: "pack", version: "1.0.0" }));
      await writeFile(
        join(pack, "index.js"),
        `const { PolicyPack, validateResourceOfType } = require("@pulumi/policy");
       const { RandomString } = require("@pulumi/random");
       const pulumi = require("@pulumi/pulumi");
       const shortest = new pulumi.Config().requireNumber("shortest");
       new PolicyPack("pack", { policies: [{
         name: "long-enough", description: "Strings are long enough.", enforcementLevel: "mandatory",
         validateResource: validateResourceOfType(RandomString, (s, _, report) => { if (s.length < shortest) report("too short for " + pulumi.getStack() + ": " + s.length); }),
       }] });`,
      );
      const output = await created.fail("preview", "--policy-pack", pack);
      expect(output).toContain("too short for test: 3");
      expect(output).toContain("long-enough");
      created.env.LENGTH = "6";
      await created.succeed("preview", "--policy-pack", pack);
    },
    minutes,
  );
});

describe("random", () => {
  test(
    "keeps its values, replaces them with their keepers, and keeps passwords secret",
    async () => {
      const created = await program(`import * as random from "@pulumi/random";
      const keepers = { v: process.env.KEEPER ?? "1" };
      const password = new random.RandomPassword("p", { length: 20, minSpecial: 3, overrideSpecial: "_", keepers });
      export const result = password.result, name = new random.RandomPet("pet").id;`);
      expect(await created.up()).toContain("+ 3 created");
      const show = () => created.succeed("stack", "output", "result", "--show-secrets");
      const password = (await show()).trim();
      expect(password.replace(/[^_]/g, "").length).toBeGreaterThanOrEqual(3);
      expect(await created.state()).not.toContain(password);
      expect(await created.succeed("stack", "export")).not.toContain(password);
      expect(await created.up()).toContain("3 unchanged");
      expect(await show()).toContain(password);
      created.env.KEEPER = "2";
      expect(await created.up()).toContain("+-1 replaced");
      expect(await show()).not.toContain(password);
      expect(await created.succeed("destroy", "--yes")).toContain("3 deleted");
    },
    2 * minutes,
  );
});

describe.skipIf(official)("simulated AWS", () => {
  const source = `import * as aws from "@pulumi/aws";
    const zones = await aws.getAvailabilityZones();
    const vpc = new aws.ec2.Vpc("vpc", { cidrBlock: "10.0.0.0/16" });
    new aws.ec2.Subnet("subnet", { vpcId: vpc.id, cidrBlock: "10.0.0.0/24", availabilityZone: zones.names[0] });
    const trust = aws.iam.getPolicyDocumentOutput({ statements: [{ actions: ["sts:AssumeRole"], principals: [{ type: "Service", identifiers: ["ec2.amazonaws.com"] }] }] });
    new aws.iam.Role("role", { assumeRolePolicy: trust.json });`;
  const config = { "aws:region": "eu-central-1", "aws:defaultTags.tags.team": "ml" };

  test(
    "previews with default tags, says that it is simulated, and leaves unknown what only AWS knows",
    async () => {
      const created = await program(source, config);
      expect(await created.succeed("preview")).toContain("AWS is simulated");
      const { stdout } = await created.pulumi("preview", "--json");
      const steps: Step[] = JSON.parse(stdout).steps;
      const inputs = Object.fromEntries(
        steps.map(({ urn, newState }) => [urn.split("::").at(-1), newState.inputs]),
      );
      expect(inputs.vpc).toMatchObject({ cidrBlock: "10.0.0.0/16", tagsAll: { team: "ml" } });
      expect(inputs.subnet).toMatchObject({ availabilityZone: "eu-central-1a" });
      expect(inputs.subnet?.vpcId).not.toMatch(/^vpc-/);
      expect(inputs.role?.name).toMatch(/^role-[0-9a-f]{7}$/);
      expect(JSON.parse(String(inputs.role?.assumeRolePolicy)).Statement[0].Principal).toEqual({
        Service: "ec2.amazonaws.com",
      });
    },
    minutes,
  );

  test(
    "refuses to deploy",
    async () => {
      const created = await program(source, config);
      const output = await created.fail("up", "--yes", "--skip-preview");
      expect(output).toContain("needs the official Pulumi CLI");
      expect(await created.state()).not.toContain("aws:ec2/vpc:Vpc");
    },
    minutes,
  );

  test(
    "finds wrong properties that the type checker cannot see",
    async () => {
      const wrong = `import * as aws from "@pulumi/aws";
      import * as pulumi from "@pulumi/pulumi";
      new pulumi.CustomResource("aws:ec2/subnet:Subnet", "s", { cidrblock: "10.0.0.0/24" });`;
      const output = await (await program(wrong, config)).fail("preview");
      expect(output).toContain("vpcId");
      expect(output).toContain("did you mean cidrBlock?");
    },
    minutes,
  );
});

interface Step {
  urn: string;
  newState: { inputs?: Record<string, unknown> };
}

describe.skipIf(official)("kubernetes without a cluster", () => {
  const source = `import * as k8s from "@pulumi/kubernetes";
    const namespace = new k8s.core.v1.Namespace("apps");
    const service = new k8s.core.v1.Service("web", { metadata: { namespace: namespace.metadata.name }, spec: { ports: [{ port: 80 }] } });
    new k8s.core.v1.Secret("s", { stringData: { password: "SESAME" } });
    export const address = service.spec.clusterIP, name = namespace.metadata.name;`;

  test(
    "a preview goes on with one warning, names what has no name, and hides secrets",
    async () => {
      const created = await program(source);
      const output = await created.succeed("preview");
      expect(output.match(/The preview goes on without the cluster/g)?.length).toBeGreaterThan(0);
      expect(output).toMatch(/name\s*: "apps-[0-9a-f]{8}"/);
      expect(output).toMatch(/address\s*: \[unknown\]|address\s*: output<string>/);
      const { stdout } = await created.pulumi("preview", "--json");
      expect(output + stdout).not.toMatch(/SESAME|U0VTQU1F/);
    },
    minutes,
  );

  test(
    "an up fails, says which cluster, and keeps no object in state",
    async () => {
      const created = await program(source);
      const output = await created.fail("up", "--yes", "--skip-preview");
      expect(output).toContain("kubeconfig");
      expect(await created.state()).not.toContain("kubernetes:core/v1:Namespace");
    },
    minutes,
  );
});
