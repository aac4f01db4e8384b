import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { isObject } from "../../../spec/faults/path.ts";
import { jsonSchemas } from "../../../spec/schemas/schemas.ts";

const schemas = [...jsonSchemas()];

test.each(schemas)("%s is what `npm run schemas` writes", (path, schema) => {
  const committed: unknown = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../..", path), "utf8"));
  expect(committed).toEqual(JSON.parse(JSON.stringify(schema)));
});

/** Paths of all fields below a schema that an editor would show without a text. */
function undocumented(schema: unknown, path: string): string[] {
  if (!isObject(schema)) return [];
  const { additionalProperties, anyOf, items, properties } = schema;
  return [
    ...Object.entries(isObject(properties) ? properties : {}).flatMap(([name, field]) => [
      ...(isObject(field) && typeof field.description === "string" ? [] : [`${path}.${name}`]),
      ...undocumented(field, `${path}.${name}`),
    ]),
    ...(Array.isArray(anyOf) ? anyOf : []).flatMap((option) => undocumented(option, path)),
    ...undocumented(items, `${path}[]`),
    ...undocumented(additionalProperties, `${path}.*`),
  ];
}

test.each(schemas)("%s has the text of every field", (_, schema) => {
  expect(undocumented(schema, "")).toEqual([]);
  expect(JSON.stringify(schema)).toContain("Longest request in tokens, prompt and answer together");
});
