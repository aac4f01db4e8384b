import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { fieldNamesAt, schemaAt } from "../../spec/faults/expected.ts";
import { modelSchema } from "../../spec/models.ts";
import { awsSchema, environments, localSchema } from "../../spec/platform.ts";

const page = (name: string) => readFileSync(resolve(import.meta.dirname, "../../docs", name), "utf8");

describe("docs/environments.md", () => {
  const rows = new Map(
    [...page("environments.md").matchAll(/^\| `(\w+)` \| (.*) \|$/gm)].map(([, name, text]) => [name, text]),
  );
  const sections = [localSchema, awsSchema].flatMap((schema) =>
    Object.keys(schema.shape).map((section) => ({ section, schema })),
  );

  test.each(sections)("has a row for $section with all of its fields", ({ schema, section }) => {
    const row = rows.get(section) ?? "";
    expect(row).not.toBe("");
    const byName = { retrieval: "collections", nlp: "embeddings" }[section];
    const fields = [
      ...fieldNamesAt(schema, [section]),
      ...(byName ? fieldNamesAt(schema, [section, byName, "name"]) : []),
    ];
    for (const field of fields) expect(row).toContain(`\`${field}\``);
  });

  test("names the environments", () => {
    expect(schemaAt(localSchema, ["environment"])).toBeDefined();
    for (const environment of environments) expect(rows.get("environment")).toContain(`\`${environment}\``);
  });

  test("shows stacks/dev.ts as it is", () => {
    const written = readFileSync(resolve(import.meta.dirname, "../../stacks/dev.ts"), "utf8");
    expect(page("environments.md")).toContain(written.slice(written.indexOf("export default")).trim());
  });
});

test.each(Object.keys(modelSchema.shape))("docs/models.md has a row for %s", (field) => {
  expect(page("models.md")).toMatch(new RegExp(`^\\| \`${field}\` \\| .+ \\|$`, "m"));
});
