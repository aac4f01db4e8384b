import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { contextKey, copyContext, ignoreRules, readContext } from "../../sandbox/images/context.ts";

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

  test("has a key of names, contents and executability, not of times or umask", async () => {
    await write({ a: "1" });
    const key = async () => await contextKey(await readContext(folder));
    const before = await key();
    await write({ a: "1" });
    await chmod(join(folder, "a"), 0o600);
    expect(await key()).toBe(before);
    await chmod(join(folder, "a"), 0o700);
    const executable = await key();
    expect(executable).not.toBe(before);
    await write({ a: "2" });
    expect(await key()).not.toBe(executable);
  });

  test("is copied with modes that do not depend on the checkout", async () => {
    await write({ "in/a/run.sh": "x", "in/b": "y" });
    await chmod(join(folder, "in/a/run.sh"), 0o700);
    await chmod(join(folder, "in/b"), 0o660);
    await copyContext(await readContext(join(folder, "in")), join(folder, "out"));
    expect(await readFile(join(folder, "out/a/run.sh"), "utf8")).toBe("x");
    expect((await stat(join(folder, "out/a/run.sh"))).mode & 0o777).toBe(0o755);
    expect((await stat(join(folder, "out/b"))).mode & 0o777).toBe(0o644);
  });
});
