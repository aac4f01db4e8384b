import { z } from "zod";
import { dnsName } from "../fields.ts";
import { modelSchema } from "../models.ts";
import { awsSchema, localSchema } from "../platform.ts";
import { type Documentation, documentationOf } from "./documentation.ts";

/** Draft 7 is what YAML and JSON language servers of editors know best. */
const target = { target: "draft-7", io: "input" } as const;

const entries = z.record(dnsName, modelSchema.partial()).default({});
const platformSchema = z.union([
  localSchema.extend({ models: entries }),
  awsSchema.extend({ models: entries }),
]);

type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * JSON Schemas for editors, by the path of their file. They know shapes, values and texts; how fields fit each other is
 * judged by `parsePlatform` alone.
 */
export function jsonSchemas(): ReadonlyMap<string, JsonSchema> {
  const [model] = documentationOf(new URL("../models.ts", import.meta.url), ["ModelInput"]);
  const platforms = documentationOf(new URL("../platform.ts", import.meta.url), [
    "LocalPlatformInput",
    "AwsPlatformInput",
  ]);
  const platform: JsonSchema = z.toJSONSchema(platformSchema, target);
  return new Map<string, JsonSchema>([
    [
      "m2m/model-config.schema.json",
      {
        title: "How a model is served: m2m/<name>/model-config.yaml",
        ...described(z.toJSONSchema(modelSchema, target), model),
      },
    ],
    [
      "docs/schemas/platform.schema.json",
      {
        title: "A platform, described: npm run plan -- --spec FILE.json",
        ...platform,
        anyOf: (platform.anyOf ?? []).map((option, index) => described(option, platforms[index])),
      },
    ],
  ]);
}

/** Adds the texts of the types to the fields of a schema, all the way down. */
function described(schema: JsonSchema, documentation: Documentation | undefined): JsonSchema {
  if (!documentation) return schema;
  const { additionalProperties, items, properties } = schema;
  const { element, fields, text } = documentation;
  return {
    ...(text && { description: text }),
    ...schema,
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, field]) => [
          name,
          typeof field === "boolean" ? field : described(field, fields.get(name)),
        ]),
      ),
    }),
    ...(isSchema(items) && { items: described(items, element) }),
    ...(isSchema(additionalProperties) && { additionalProperties: described(additionalProperties, element) }),
  };
}

function isSchema(value: JsonSchema["items"]): value is JsonSchema {
  return typeof value === "object" && !Array.isArray(value);
}
