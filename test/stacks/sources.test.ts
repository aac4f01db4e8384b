import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { repoRoot } from "../../sandbox/lib/paths.ts";
import { readSources } from "../../stacks/sources.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "sources-"));
  await cp(join(repoRoot, "services/experiments"), join(root, "services/experiments"), {
    recursive: true,
    filter: (path) => !/\.(venv|mypy_cache|hypothesis|pytest_cache)|__pycache__/.test(path),
  });
});
afterEach(() => rm(root, { recursive: true, force: true }));

const plan = { source: "services/experiments", contexts: {} };
const hash = async (plans = [plan]) => (await readSources(plans, root)).get(plan.source)?.hash;

test("a source is found from where the program runs, and is the same in every checkout", async () => {
  const here = (await readSources([plan], repoRoot)).get(plan.source);
  expect(here?.folder).toBe("services/experiments");
  expect(await hash()).toBe(here?.hash);
});

test("what goes into the image makes it another one, what doesn't leaves it", async () => {
  const before = await hash();
  await writeFile(join(root, "services/experiments/README.md"), "new");
  await writeFile(join(root, "services/experiments/tests/test_new.py"), "new");
  expect(await hash()).toBe(before);
  await writeFile(join(root, "services/experiments/experiments/new.py"), "new");
  expect(await hash()).not.toBe(before);
});

test("what it takes from other folders makes it another one as well", async () => {
  const folder = join(root, "m2m/bake");
  await cp(join(repoRoot, "m2m/bake"), folder, { recursive: true });
  const more = { ...plan, contexts: { bake: "m2m/bake" } };
  const [source] = [...(await readSources([more], root)).values()];
  expect(source?.contexts.bake).toMatch(/m2m\/bake$/);
  const before = await hash([more]);
  expect(before).not.toBe(await hash());
  await writeFile(join(folder, "main.py"), "new");
  expect(await hash([more])).not.toBe(before);
});

test("an image without a Dockerfile is named", async () => {
  await rm(join(root, "services/experiments/Dockerfile"));
  await expect(readSources([plan], root)).rejects.toThrow(
    "the image of services/experiments can't be built: it has no Dockerfile",
  );
});
