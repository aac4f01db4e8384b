const { createHash } = require("node:crypto");
const { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } = require("node:fs");
const { dirname, join, resolve } = require("node:path");

const root = resolve(__dirname, "..");
/** What the result depends on beside the modules themselves. */
const settings = [
  "runtime/compile.cjs",
  "tsconfig.json",
  "package.json",
  "node_modules/esbuild/package.json",
];

/**
 * Bundles a TypeScript entry point with all of our own modules; packages stay outside, so their own lazy loading works.
 * The result is kept with the hash of everything that went in, and holds for as long as nothing of that has changed.
 * @returns the code and its source map
 */
function compile(entry) {
  const file = join(root, ".build", "compiled", `${entry}.json`);
  const kept = read(file);
  if (kept && sameInputs(kept)) return kept;
  const started = Date.now();
  const fresh = bundle(entry);
  // What changed meanwhile may have its new hash beside its old code.
  const steady = Object.keys(fresh.inputs).every((name) => statSync(join(root, name)).mtimeMs < started);
  if (steady) keep(file, fresh);
  return fresh;
}

function bundle(entry) {
  const { metafile, outputFiles } = require("esbuild").buildSync({
    entryPoints: [join(root, entry)],
    absWorkingDir: root,
    bundle: true,
    packages: "external",
    platform: "node",
    target: `node${process.versions.node}`,
    format: "cjs",
    // Node warns of `import()` in code that it compiles for us; `require` loads the same, and as late.
    supported: { "dynamic-import": false },
    sourcemap: "external",
    sourcesContent: false,
    metafile: true,
    write: false,
    outfile: `${join(root, entry)}.cjs`,
    logLevel: "error",
  });
  const [map, code] = outputFiles;
  const files = [...settings, ...Object.keys(metafile.inputs)];
  const inputs = Object.fromEntries(files.map((name) => [name, hashOf(join(root, name))]));
  return { node: process.versions.node, inputs, code: code.text, map: map.text };
}

const sameInputs = ({ inputs, node }) =>
  node === process.versions.node &&
  Object.entries(inputs).every(([name, hash]) => hashOf(join(root, name)) === hash);

function hashOf(file) {
  try {
    return createHash("sha256").update(readFileSync(file)).digest("hex");
  } catch {
    return undefined;
  }
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** A folder that can't be written to costs time, nothing else. */
function keep(file, result) {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.${process.pid}`, JSON.stringify(result));
    renameSync(`${file}.${process.pid}`, file);
  } catch {}
}

module.exports = { compile };
