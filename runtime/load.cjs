const { Module } = require("node:module");
const { dirname, join, resolve } = require("node:path");
const { buildSync } = require("esbuild");
const { mapStacksOfFailures } = require("./stacks.cjs");

const root = resolve(__dirname, "..");

/**
 * Compiles a TypeScript entry point with all of our own modules and runs it: some tens of milliseconds at every
 * start instead of a build step that can be forgotten, or a type check that takes half a minute. Types are checked
 * by `npm run typecheck`. Packages stay outside, so their own lazy loading works.
 */
function load(entry) {
  const file = `${join(root, entry)}.cjs`;
  const [map, code] = buildSync({
    entryPoints: [join(root, entry)],
    absWorkingDir: root,
    bundle: true,
    packages: "external",
    platform: "node",
    target: `node${process.versions.node}`,
    format: "cjs",
    sourcemap: "external",
    sourcesContent: false,
    write: false,
    outfile: file,
    logLevel: "error",
  }).outputFiles;
  mapStacksOfFailures(file, map.text);
  const program = new Module(file, module);
  program.filename = file;
  program.paths = Module._nodeModulePaths(dirname(file));
  program._compile(code.text, file);
  return program.exports;
}

module.exports = { load };
