import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { jsonSchemas } from "./schemas.ts";

/** `npm run schemas` writes the JSON Schemas for editors anew, and has Biome format them. */
for (const [path, schema] of jsonSchemas()) {
  const file = resolve(import.meta.dirname, "../..", path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(schema));
  console.log(path);
}
