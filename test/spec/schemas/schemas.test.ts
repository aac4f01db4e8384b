import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { isObject } from "../../../spec/faults/path.ts";
import { jsonSchemas } from "../../../spec/schemas/schemas.ts";
import { spoiled } from "../../support/mutations.ts";
import { propertyRuns, propertyTimeout } from "../../support/properties.ts";
import { validInput } from "../../support/specs.ts";

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

test(
  "the schema of a platform takes every sound description, and none with a value of another kind",
  () => {
    const schema = z.fromJSONSchema(jsonSchemas().get("docs/schemas/platform.schema.json") ?? false);
    fc.assert(
      fc.property(
        validInput.chain((input) => spoiled(input).map((change) => ({ ...change, input }))),
        ({ data, input }) => {
          expect(schema.safeParse(input).error).toBeUndefined();
          expect(schema.safeParse(data).success).toBe(false);
        },
      ),
      { numRuns: propertyRuns(100) },
    );
  },
  propertyTimeout,
);
