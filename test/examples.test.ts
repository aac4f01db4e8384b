import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { images } from "../catalog/images.ts";
import { repoRoot } from "../sandbox/lib/paths.ts";

test("the example's client is of the server's version", async () => {
  const requirements = await readFile(join(repoRoot, "examples/requirements.txt"), "utf8");
  expect(requirements).toContain(`mlflow-skinny==${images.mlflow.version}\n`);
});
