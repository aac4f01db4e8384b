import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { reportJsonSchema } from "../../doctor/report/schema.ts";
import { repoRoot } from "../../sandbox/lib/paths.ts";

const policySchema = z.strictObject({
  Version: z.literal("2012-10-17"),
  Statement: z.tuple([
    z.strictObject({ Effect: z.literal("Allow"), Action: z.array(z.string()), Resource: z.literal("*") }),
  ]),
});

/** Actions that calls are made under: no call is made but through `asked`. */
function actionsInCode(): string[] {
  const folder = join(repoRoot, "doctor", "aws");
  const text = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
  const found = text.join("\n").matchAll(/\basked\(\s*"([\w-]+:\w+)"/g);
  return [...new Set([...found].flatMap(([, action]) => action ?? []))].sort();
}

test("the documented policy allows what is asked, and nothing else", () => {
  const page = readFileSync(join(repoRoot, "docs", "doctor.md"), "utf8");
  const json = /```json\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
  const [statement] = policySchema.parse(JSON.parse(json)).Statement;
  const withoutRights = ["sts:AssumeRole", "sts:GetCallerIdentity"];
  expect(statement.Action).toEqual(actionsInCode().filter((action) => !withoutRights.includes(action)));
  expect(statement.Action.filter((action) => !/:(Describe|Get|List)/.test(action))).toEqual([]);
});

test("the committed JSON Schema is the report's", () => {
  const file = join(repoRoot, "docs", "schemas", "doctor.schema.json");
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(JSON.parse(JSON.stringify(reportJsonSchema())));
});
