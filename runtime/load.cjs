const { createRequire } = require("node:module");
const { dirname, join, resolve } = require("node:path");
const { compileFunction } = require("node:vm");
const { compile } = require("./compile.cjs");
const { mapStacksOfFailures } = require("./stacks.cjs");

const root = resolve(__dirname, "..");

/**
 * Compiles a TypeScript entry point and runs it: some milliseconds at every start instead of a build step that can be
 * forgotten, or a type check that takes half a minute. Types are checked by `npm run typecheck`.
 */
function load(entry) {
  const file = `${join(root, entry)}.cjs`;
  const { code, map } = compile(entry);
  mapStacksOfFailures(file, map);
  const program = { exports: {} };
  const run = compileFunction(code, ["exports", "require", "module", "__filename", "__dirname"], {
    filename: file,
  });
  run(program.exports, lazily(createRequire(file)), program, file, dirname(file));
  return program.exports;
}

/**
 * Loads a provider's SDK when something of it is used: @pulumi/aws alone takes a tenth of a second, and not every
 * environment uses it. What the compiler makes of an import has the prototype of what `require` returns, and asks that.
 */
function lazily(require) {
  return (id) => {
    if (!id.startsWith("@pulumi/") || id.startsWith("@pulumi/pulumi")) return require(id);
    let sdk;
    const get = (_, key) => {
      sdk ??= require(id);
      return sdk[key];
    };
    return Object.create(new Proxy({}, { get }));
  };
}

module.exports = { load };
