import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ScratchProject } from "../../sandbox/engine/scratch.ts";
import { environments } from "../../spec/platform.ts";
import { renderStack } from "../support/stacks.ts";

/** The real engine, the real SDK's program loader and the real policy runner, with no cluster and no account. */

interface Step {
  readonly op: string;
  readonly urn: string;
  readonly newState: { readonly type: string; readonly custom: boolean; readonly protect?: boolean };
}

let project: ScratchProject;

beforeAll(async () => {
  project = await ScratchProject.create();
  project.env.KUBECONFIG = join(project.folder, "no-kubeconfig");
  for (const stack of [...environments, "production"]) {
    const { all, exitCode } = await project.pulumi("stack", "init", stack, "--no-select");
    if (exitCode !== 0) throw new Error(all);
  }
}, 300_000);

afterAll(() => project.remove());

const preview = (stack: string, ...args: string[]) =>
  project.pulumi("preview", `--stack=${stack}`, "--policy-pack=policy", ...args);

describe.each(environments)("%s", (environment) => {
  test("previews whole, with no cluster, no account and no violation, and protects its state only in prod", async () => {
    const { all, exitCode, stdout } = await preview(environment, "--json");
    expect(exitCode, all).toBe(0);
    const steps = (JSON.parse(stdout) as { steps: Step[] }).steps.filter(
      ({ newState }) => newState.custom && !newState.type.startsWith("pulumi:"),
    );
    const nameOf = ({ newState, urn }: Step) => `${newState.type}::${urn.split("::").at(-1)}`;
    expect(new Set(steps.map(({ op }) => op))).toEqual(new Set(["create"]));
    const rendered = (await renderStack(environment)).map(({ name, type }) => `${type}::${name}`);
    expect(steps.map(nameOf).sort()).toEqual(rendered.sort());
    expect(
      steps
        .filter(({ newState }) => newState.protect)
        .map(nameOf)
        .sort(),
    ).toEqual(
      environment === "prod"
        ? ["aws:s3/bucket:Bucket::artifacts", "kubernetes:core/v1:PersistentVolumeClaim::postgres"]
        : [],
    );
  }, 120_000);
});

test("a stack that is no environment is refused with the names there are, and without a stack trace", async () => {
  const { all, exitCode } = await preview("production");
  expect(exitCode).not.toBe(0);
  expect(all).toContain('stack "production": unknown; allowed: local, dev, staging, prod');
  expect(all).not.toMatch(/^\s+at /m);
}, 120_000);

describe("a resource that breaks a rule", () => {
  let broken: ScratchProject;

  beforeAll(async () => {
    broken = await ScratchProject.create("program.cjs");
    await writeFile(
      join(broken.folder, "program.cjs"),
      `const aws = require("@pulumi/aws");
const kubernetes = require("@pulumi/kubernetes");
new aws.s3.Bucket("untagged", { tags: { Project: "p" } });
new kubernetes.core.v1.ConfigMap("unlabelled", { data: { key: "value" } });
`,
    );
    broken.env.KUBECONFIG = join(broken.folder, "no-kubeconfig");
    await broken.pulumi("stack", "init", "dev", "--no-select");
  }, 120_000);

  afterAll(() => broken.remove());

  test("stops the preview and is named with what it misses", async () => {
    const { all, exitCode } = await broken.pulumi(
      "preview",
      "--stack=dev",
      `--policy-pack=${join(project.folder, "policy")}`,
    );
    expect(exitCode, all).not.toBe(0);
    expect(all).toMatch(/\[mandatory\].*aws-required-tags\s+\(aws:s3:Bucket: untagged\)/);
    expect(all).toContain("has no tag Environment, Owner, CostCenter, ManagedBy");
    expect(all).toMatch(
      /\[mandatory\].*kubernetes-required-labels\s+\(kubernetes:core\/v1:ConfigMap: unlabelled\)/,
    );
  }, 120_000);
});
