import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { recordedCalls, type SimulatedAws } from "../../sandbox/aws/server.ts";
import { engine } from "../../sandbox/engine/engine.ts";
import { endOwnAws, leadTo, startOwnAws } from "./support/aws/own.ts";
import { Program } from "./support/program.ts";

/** A life of an image, through the real engine against the ECR of the simulated AWS. The tests build on each other. */

const minutes = 60_000;

const source = `import * as aws from "@pulumi/aws";
import * as docker from "@pulumi/docker-build";
import * as pulumi from "@pulumi/pulumi";
const { REPOSITORY, TAG, USER = "AWS" } = process.env;
const repository = new aws.ecr.Repository("app", {
  name: "acme/app",
  imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
  imageTagMutabilityExclusionFilters: [{ filter: "cache*", filterType: "WILDCARD" }],
});
const url = REPOSITORY ?? repository.repositoryUrl;
const token = aws.ecr.getAuthorizationTokenOutput({});
const image = new docker.Image("app", {
  context: { location: "app" },
  tags: [pulumi.interpolate\`\${url}:\${TAG}\`],
  push: true,
  buildOnPreview: false,
  registries: [{ address: url, username: USER, password: pulumi.secret(token.password) }],
  cacheTo: [{ registry: { ref: pulumi.interpolate\`\${url}:cache\`, imageManifest: true, ociMediaTypes: true } }],
});
export const ref = image.ref, digest = image.digest;
`;

describe.skipIf((await engine()).kind === "official")("an image", () => {
  let aws: SimulatedAws;
  let program: Program;

  beforeAll(async () => {
    aws = await startOwnAws({ kubernetes: false });
    program = await Program.create(source, { "aws:region": "us-east-1" });
    await leadTo(aws, program.env);
    program.env.TAG = "1";
    await mkdir(join(program.folder, "app"));
    await write({ Dockerfile: "FROM scratch\nCOPY main.py /\n", "main.py": "1", ".dockerignore": "*.md\n" });
  }, 20 * minutes);

  afterAll(async () => {
    await program?.remove();
    await endOwnAws(aws);
  }, minutes);

  const write = async (files: Record<string, string>) => {
    for (const [name, text] of Object.entries(files))
      await writeFile(join(program.folder, "app", name), text);
  };
  const outputs = async (): Promise<{ ref: string; digest: string }> =>
    JSON.parse(await program.succeed("stack", "output", "--json"));
  const pushes = async () =>
    (await recordedCalls(aws)).filter(({ operation }) => operation === "PutImage").length;

  test(
    "with a wrong Dockerfile, or none, is refused before anything is made",
    async () => {
      await write({ Dockerfile: "FROM scratch\nCPY main.py /\n" });
      expect(await program.fail("preview")).toContain("unknown instruction: CPY");
      await write({ Dockerfile: "FROM scratch\nCOPY main.py /\n" });
      const wrong = source.replace('location: "app"', 'location: "nowhere"');
      await program.write(wrong);
      const output = await program.fail("preview");
      expect(output).toContain('"nowhere": not a valid directory or URL');
      expect(output).toContain("open nowhere/Dockerfile: no such file or directory");
      await program.write(source);
      expect(await recordedCalls(aws)).not.toContainEqual(
        expect.objectContaining({ operation: "CreateRepository" }),
      );
    },
    3 * minutes,
  );

  test(
    "is pushed with its cache, shows no token, and stays as it is",
    async () => {
      const preview = await program.succeed("preview");
      expect(preview).toContain("docker-build:index:Image");
      expect(await pushes()).toBe(0);
      expect(await program.up()).toContain("+ 3 created");
      expect(await pushes()).toBe(2);
      const { digest, ref } = await outputs();
      expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(ref).toBe(`123456789012.dkr.ecr.us-east-1.amazonaws.com/acme/app:1@${digest}`);
      expect(await program.state()).not.toContain("auth-token");
      await write({ "README.md": "is ignored" });
      expect(await program.up()).toContain("3 unchanged");
      expect(await pushes()).toBe(2);
    },
    3 * minutes,
  );

  test(
    "of another source needs another tag, where tags are immutable; the cache's may move",
    async () => {
      const before = await outputs();
      await write({ "main.py": "2" });
      const refused = await program.fail("up", "--yes", "--skip-preview");
      expect(refused).toContain(
        "The image tag '1' already exists in the 'acme/app' repository and cannot be overwritten because the tag is immutable.",
      );
      program.env.TAG = "2";
      expect(await program.up()).toContain("~ 1 updated");
      const after = await outputs();
      expect(after.ref).toContain(":2@sha256:");
      expect(after.digest).not.toBe(before.digest);
      await write({ "main.py": "1" });
      program.env.TAG = "3";
      await program.up();
      expect((await outputs()).digest).toBe(before.digest);
    },
    3 * minutes,
  );

  test(
    "is refused by a repository that isn't there, and for another user",
    async () => {
      program.env.TAG = "4";
      program.env.REPOSITORY = "123456789012.dkr.ecr.us-east-1.amazonaws.com/acme/other";
      expect(await program.fail("up", "--yes", "--skip-preview")).toContain(
        "The repository with name 'acme/other' does not exist in the registry with id '123456789012'",
      );
      delete program.env.REPOSITORY;
      program.env.USER = "someone";
      expect(await program.fail("up", "--yes", "--skip-preview")).toContain("authorization failed");
      delete program.env.USER;
    },
    3 * minutes,
  );

  test(
    "of others is copied under the digest of its only source, once",
    async () => {
      const digest = `sha256:${"a".repeat(64)}`;
      // What the tests before left to be pushed is none of this one's.
      await program.write(source);
      await program.up();
      await program.write(
        `${source}
new docker.Index("copy", {
  sources: ["acme/upstream:9@${digest}"],
  tag: pulumi.interpolate\`\${url}:upstream\`,
  registry: { address: url, username: "AWS", password: pulumi.secret(token.password) },
}, { retainOnDelete: true });
`,
      );
      const before = await pushes();
      expect(await program.up()).toContain("+ 1 created");
      expect(await pushes()).toBe(before + 1);
      expect(await program.up()).toContain("4 unchanged");
      expect(await program.state()).toContain(`acme/app:upstream@${digest}`);
      expect(await program.state()).not.toContain("auth-token");
      await program.write(source);
      await program.up();
    },
    3 * minutes,
  );

  test(
    "is found again by a refresh, and goes before its repository",
    async () => {
      program.env.TAG = "3";
      expect(await program.succeed("refresh", "--yes")).toContain("unchanged");
      const refused = await program.fail("destroy", "--yes");
      expect(refused).toContain("RepositoryNotEmpty");
      await program.write(source.replace('name: "acme/app",', 'name: "acme/app", forceDelete: true,'));
      await program.up();
      expect(await program.succeed("destroy", "--yes")).toContain("deleted");
    },
    3 * minutes,
  );
});
