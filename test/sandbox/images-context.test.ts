import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { copyContext } from "../../sandbox/images/context.ts";
import { readContext } from "../../spec/buildContext.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "context-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("a context is copied with modes that do not depend on the checkout", async () => {
  await mkdir(join(folder, "in/a"), { recursive: true });
  await writeFile(join(folder, "in/a/run.sh"), "x");
  await writeFile(join(folder, "in/b"), "y");
  await chmod(join(folder, "in/a/run.sh"), 0o700);
  await chmod(join(folder, "in/b"), 0o660);
  await copyContext(await readContext(join(folder, "in")), join(folder, "out"));
  expect(await readFile(join(folder, "out/a/run.sh"), "utf8")).toBe("x");
  expect((await stat(join(folder, "out/a/run.sh"))).mode & 0o777).toBe(0o755);
  expect((await stat(join(folder, "out/b"))).mode & 0o777).toBe(0o644);
});
