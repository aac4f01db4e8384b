import { mkdir, mkdtemp, readdir, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { markUsed, removeUnused } from "../../sandbox/toolchain/unused.ts";

test("what another checkout has used lately stays, what nobody uses any more goes", async () => {
  const folder = await mkdtemp(join(tmpdir(), "unused-"));
  const longAgo = new Date(Date.now() - 3_600_000);
  for (const name of ["theirs", "old", "used-again", "old.unfinished"]) {
    await mkdir(join(folder, name, "bin"), { recursive: true });
    if (name !== "theirs") await utimes(join(folder, name), longAgo, longAgo);
  }
  await markUsed(join(folder, "used-again"));
  await removeUnused(folder, 60_000, (name) => !name.endsWith(".unfinished"));
  expect((await readdir(folder)).sort()).toEqual(["old.unfinished", "theirs", "used-again"]);
  await removeUnused(join(folder, "nowhere"), 60_000);
  await rm(folder, { recursive: true });
});
