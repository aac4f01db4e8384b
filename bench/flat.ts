import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { repoRoot } from "../sandbox/lib/paths.ts";
import type { Rendered } from "../test/support/render.ts";

/**
 * Writes the floor: a plain JavaScript program that registers the same resources with the same inputs one after the
 * other, with neither components nor settings of ours. Nothing that uses Pulumi's SDK can do less.
 */
export async function writeFlatProgram(resources: readonly Rendered[], file: string): Promise<void> {
  const statements = resources.map(
    ({ inputs, name, type }) => `new ${classOf(type)}(${JSON.stringify(name)}, ${JSON.stringify(inputs)});`,
  );
  const program = [
    `const { createRequire } = require("node:module");`,
    `const fromProject = createRequire(${JSON.stringify(join(repoRoot, "package.json"))});`,
    `const kubernetes = fromProject("@pulumi/kubernetes");`,
    `const random = fromProject("@pulumi/random");`,
    ...statements,
  ];
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, `${program.join("\n")}\n`);
}

/** `kubernetes:apps/v1:Deployment` is `kubernetes.apps.v1.Deployment`. */
function classOf(type: string): string {
  const [pkg = "", module = "", kind = ""] = type.split(":");
  if (pkg === "random") return `random.${kind}`;
  const [group = "", version = ""] = module.split("/");
  return `${pkg}.${group.replace(/\..*/, "")}.${version}.${kind}`;
}
