#!/usr/bin/env node
// Plain JavaScript without dependencies: this runs in a fresh clone, where nothing is installed yet.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { installDependencies, isInstalled, nodeProblem } from "./bootstrap.mjs";

const root = resolve(import.meta.dirname, "../..");
const { engines } = JSON.parse(readFileSync(resolve(root, "package.json"), "utf8"));

const problem = nodeProblem(process.versions.node, engines.node);
if (problem) {
  console.error(problem);
  process.exit(1);
}
if (!isInstalled(root)) {
  const code = await installDependencies(root);
  if (code !== 0) process.exit(code);
}
process.on("exit", (code) => {
  // Node's own word for "something is awaited that can never come", of which version 20 says nothing.
  if (code === 13) console.error("This is a bug: the command ended in the middle of its work. Run it again.");
});
const { register } = await import("tsx/esm/api");
register();
const { main } = await import("./cli.ts");
process.exitCode = await main(process.argv.slice(2));
