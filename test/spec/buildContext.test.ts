import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { images, ownImageNames } from "../../catalog/images.ts";
import { repoRoot } from "../../sandbox/lib/paths.ts";
import { contextHash, ignoreRules, readContext } from "../../spec/buildContext.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "context-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

test.each([
  ["tests", "tests/unit/a.py", true],
  ["tests", "src/tests/a.py", false],
  ["**/tests", "src/tests/a.py", true],
  ["*.md", "README.md", true],
  ["*.md", "docs/README.md", false],
  ["/docs/", "docs/a", true],
  ["*\n!keep.txt", "keep.txt", false],
  ["*\n!keep.txt", "other.txt", true],
  ["# a\n\nb?.py", "b1.py", true],
])("with the rules %j, %s is ignored: %s", (rules, path, ignored) => {
  expect(ignoreRules(rules)(path)).toBe(ignored);
});

describe("a context", () => {
  test("has what .dockerignore leaves, and never caches or repositories", async () => {
    await write({
      ".dockerignore": "tests\n",
      Dockerfile: "",
      "app/main.py": "",
      "app/__pycache__/main.pyc": "",
      ".git/config": "",
      "tests/test_main.py": "",
    });
    expect((await readContext(folder)).files).toEqual([".dockerignore", "Dockerfile", "app/main.py"]);
  });

  test("has a hash of its Dockerfile, and of names, contents and modes, not of times", async () => {
    await write({ ".dockerignore": "*\n!a", Dockerfile: "FROM a", a: "1", b: "1" });
    const hash = async () => await contextHash(await readContext(folder));
    const before = await hash();
    await write({ a: "1", b: "2" });
    expect(await hash()).toBe(before);
    const hashes = [before];
    await write({ Dockerfile: "FROM b" });
    hashes.push(await hash());
    await chmod(join(folder, "a"), 0o755);
    hashes.push(await hash());
    await write({ a: "2" });
    hashes.push(await hash());
    await write({ ".dockerignore": "*\n!a\n!b" });
    hashes.push(await hash());
    expect(new Set(hashes).size).toBe(5);
  });

  test("without a Dockerfile has no hash", async () => {
    await write({ a: "1" });
    await expect(readContext(folder).then(contextHash)).rejects.toThrow(/ENOENT.*Dockerfile/);
  });
});

describe.each(ownImageNames)("the context of %s", (program) => {
  const { source } = images[program];

  test("is small, and has nothing that Docker would see and we don't", async () => {
    const { files, folder } = await readContext(join(repoRoot, source));
    expect(files.length).toBeGreaterThan(2);
    expect(files.join("\n")).not.toMatch(/test|\.md|dev/);
    const ignored = ignoreRules(await readFile(join(folder, ".dockerignore"), "utf8"));
    for (const folder of [".git", "node_modules", ".venv", "__pycache__", `${program}/__pycache__`]) {
      expect(ignored(`${folder}/x`), folder).toBe(true);
    }
  });

  test("has a base that doesn't move", async () => {
    const dockerfile = await readFile(join(repoRoot, source, "Dockerfile"), "utf8");
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
    expect(bases.length).toBeGreaterThan(0);
    for (const base of bases) expect(base).toMatch(/@sha256:[0-9a-f]{64}$/);
    expect(dockerfile).toMatch(/^ARG SOURCE_DATE_EPOCH$/m);
  });
});
