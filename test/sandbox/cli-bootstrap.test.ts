import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { downloadedPackage, isInstalled, nodeProblem, stampOf } from "../../sandbox/cli/bootstrap.mjs";
import { repoRoot } from "../../sandbox/lib/paths.ts";

test.each([
  ["20.20.0", true],
  ["20.20.2", true],
  ["22.1.0", true],
  ["20.19.9", false],
  ["18.20.8", false],
])("Node.js %s is new enough for >=20.20.0: %s", (version, ok) => {
  const problem = nodeProblem(version, ">=20.20.0");
  if (ok) expect(problem).toBeUndefined();
  else expect(problem).toMatch(/20\.20\.0 or newer is needed/);
});

describe("installed packages", () => {
  let root: string;
  const lock = (version: string) =>
    JSON.stringify({
      packages: {
        "": {},
        "node_modules/a": { version },
        "node_modules/b": { version: "1.0.0", optional: true, os: ["plan9"] },
      },
    });

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "bootstrap-"));
    writeFileSync(join(root, "package-lock.json"), lock("1.0.0"));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  test("none without node_modules", () => {
    expect(isInstalled(root)).toBe(false);
  });

  test("a stamp of the same lockfile is believed, another is not", () => {
    mkdirSync(join(root, "node_modules"));
    const stamp = join(root, "node_modules/.ai-platform-stamp");
    writeFileSync(stamp, `${stampOf(lock("1.0.0"))}\n`);
    expect(isInstalled(root)).toBe(true);
    writeFileSync(join(root, "package-lock.json"), lock("1.0.1"));
    expect(isInstalled(root)).toBe(false);
  });

  test("an installation by hand is accepted and stamped when its versions are the lockfile's", () => {
    mkdirSync(join(root, "node_modules"));
    const list = join(root, "node_modules/.package-lock.json");
    writeFileSync(list, JSON.stringify({ packages: { "node_modules/a": { version: "0.9.0" } } }));
    expect(isInstalled(root)).toBe(false);
    writeFileSync(list, JSON.stringify({ packages: { "node_modules/a": { version: "1.0.0" } } }));
    expect(isInstalled(root)).toBe(true);
    expect(readFileSync(join(root, "node_modules/.ai-platform-stamp"), "utf8").trim()).toBe(
      stampOf(lock("1.0.0")),
    );
  });
});

test.each([
  ["npm http fetch GET 200 https://registry.example/zod/-/zod-4.6.7.tgz 51ms (cache miss)", "zod"],
  ["npm http cache https://registry.example/@pulumi/aws/-/aws-7.48.0.tgz 2ms (cache hit)", "aws"],
  ["npm http fetch GET 200 https://registry.example/zod 51ms (cache miss)", undefined],
  ["npm warn deprecated x", undefined],
])("%s", (line, name) => {
  expect(downloadedPackage(line)).toBe(name);
});

describe("the command line in a process of its own", () => {
  const main = join(repoRoot, "sandbox/cli/main.mjs");
  const call = (...args: string[]) =>
    execa(process.execPath, [main, ...args], { reject: false, stdin: "ignore" });

  test("without a command it shows what there is", async () => {
    const { exitCode, stdout } = await call();
    expect(exitCode).toBe(0);
    expect(stdout).toContain("npm start");
  });

  test("an unknown command is one line, exit code 2", async () => {
    const { exitCode, stderr, stdout } = await call("strat");
    expect(exitCode).toBe(2);
    expect(stderr).toBe("Unknown command strat. Did you mean start?");
    expect(stdout).toBe("");
  });

  test("an option before npm's -- is explained", async () => {
    const { exitCode, stderr } = await call("start", "kind-x");
    expect(exitCode).toBe(2);
    expect(stderr).toContain("npm start -- --option");
  });
});
