import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { repoRoot } from "../../sandbox/lib/paths.ts";

const folder = join(".build", `program-of-test-${process.pid}`);
const compiled = join(repoRoot, ".build", "compiled", folder);
const write = (name: string, text: string) => writeFile(join(repoRoot, folder, name), text);

/** Runs the program in a process of its own, and tells which packages that has loaded. */
async function run(): Promise<{ value: unknown; packages: string[] }> {
  const script = `
    const program = require("./runtime/load.cjs").load(${JSON.stringify(join(folder, "index.ts"))});
    const value = program.run();
    const found = Object.keys(require.cache).map((file) => /node_modules.((?:@[^/]+.)?[^/]+)/.exec(file)?.[1]);
    console.log(JSON.stringify({ value, packages: [...new Set(found)].filter(Boolean) }));`;
  const { stdout } = await execa("node", ["--eval", script], { cwd: repoRoot });
  return JSON.parse(stdout);
}

beforeAll(async () => {
  await mkdir(join(repoRoot, folder), { recursive: true });
});
afterAll(async () => {
  await rm(join(repoRoot, folder), { recursive: true, force: true });
  await rm(compiled, { recursive: true, force: true });
});

test("a program is compiled when something of it has changed, and only then", async () => {
  await write("index.ts", `import { part } from "./part.ts"; export const run = (): string => part;`);
  await write("part.ts", `export const part: string = "one";`);
  const first = await run();
  expect(first).toMatchObject({ value: "one", packages: ["esbuild"] });
  expect(await run()).toEqual({ value: "one", packages: [] });
  await write("part.ts", `export const part: string = "two";`);
  expect(await run()).toMatchObject({ value: "two", packages: ["esbuild"] });
});

test("what was kept but can't be read is compiled anew", async () => {
  await write("index.ts", `export const run = (): number => 1;`);
  await run();
  await writeFile(join(compiled, "index.ts.json"), "{");
  expect((await run()).value).toBe(1);
});

test("a provider's SDK is loaded when it is used", async () => {
  const source = (used: boolean) =>
    `import * as aws from "@pulumi/aws";
     export const run = (used: boolean = ${used}): string => (used ? typeof aws.s3.Bucket : "unused");`;
  await write("index.ts", source(false));
  const unused = await run();
  expect(unused.value).toBe("unused");
  expect(unused.packages).not.toContain("@pulumi/aws");
  await write("index.ts", source(true));
  const used = await run();
  expect(used.value).toBe("function");
  expect(used.packages).toContain("@pulumi/aws");
});
