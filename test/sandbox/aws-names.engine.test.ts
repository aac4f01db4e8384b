import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { buildProvider } from "../../sandbox/aws/provider.ts";
import { engine } from "../../sandbox/engine/engine.ts";
import { silent } from "../../sandbox/lib/progress.ts";
import { compareFunction, compareResource, type Properties } from "./support/aws/typings.ts";

/** The names and shapes of the simulated AWS's provider against the typings of @pulumi/aws. */

const propertiesSchema: z.ZodType<Properties> = z.lazy(() =>
  z.record(z.string(), z.object({ list: z.boolean(), object: propertiesSchema.optional() })),
);
const namesSchema = z.object({
  resources: z.record(z.string(), propertiesSchema),
  functions: z.record(z.string(), propertiesSchema),
});

const official = (await engine()).kind === "official";

describe.skipIf(official)("the provider's names", () => {
  let wrong: string[];
  let missing: string[];

  beforeAll(async () => {
    const { stdout } = await execa(await buildProvider(silent), ["names"]);
    const names = namesSchema.parse(JSON.parse(stdout));
    const compared = [
      ...Object.entries(names.resources).map(([token, properties]) => compareResource(token, properties)),
      ...Object.entries(names.functions).map(([token, properties]) => compareFunction(token, properties)),
    ];
    wrong = compared.flatMap((differences) => differences.wrong);
    missing = compared.flatMap((differences) => differences.missing).sort();
  }, 60 * 60_000);

  test("are the SDK's, and so is what is a list", () => {
    expect(wrong).toEqual([]);
  });

  test("lack only what AWS has added since the Terraform provider's version", async () => {
    const file = join(import.meta.dirname, "support", "aws", "newer.json");
    expect(missing).toEqual(JSON.parse(await readFile(file, "utf8")));
  });
});
