import { writeFileSync } from "node:fs";
import { awsTypes, awsVersion, readTable, tableFile } from "./aws-types.ts";

/**
 * Brings the simulated AWS provider's table up to the installed @pulumi/aws: inputs and outputs follow its typings,
 * what a change replaces is kept. Run after moving the SDK's pin: `npx tsx sandbox/plugins/aws-update.ts`.
 */
const types = awsTypes();
const entries = readTable().entries.flatMap(({ type, replaces, replacementUnknown }) => {
  const known = types.get(type);
  if (known === undefined) return [];
  const inputs = new Set([...known.required, ...known.optional]);
  const kept = replaces.filter((path) => inputs.has(path.split(/[.[]/)[0] ?? ""));
  return [{ type, ...known, replaces: kept, replacementUnknown }];
});
const lines = [{ sdk: awsVersion() }, ...entries].map((line) => `${JSON.stringify(line)}\n`);
writeFileSync(tableFile, lines.join(""));
